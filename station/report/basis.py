"""What a report rests on, to be defended with: card, instruments, certificates, configuration, editions of the standards."""

import datetime
import hashlib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from calibration.certificate import Certificate
from calibration.limits import Limits
from station.config import Config
from station.metrics.tables import editions, in_force
from station.places import Places
from station.summary.rows import Key, Row
from station.summary.settings import Aqi, Load, Metric, Noise, WaterClass

Facts = dict[str, Any]


def station(config: Config, places: Places) -> Facts:
    """Who and what. Of the configuration as it is now the hash of the settings in force, changes from afar included, which events
    and platforms name too, and that of the file as sha256sum prints it. Raises OSError.
    """
    try:
        software = version("shanshui-station")
    except PackageNotFoundError:
        software = ""
    digest = hashlib.sha256(places.config.read_bytes()).hexdigest()
    card = config.site.card(config.station.name) if config.site is not None else {}
    return {
        "station": {
            "id": config.station.id,
            "name": config.station.name,
            "interval": config.station.interval,
            "software": software,
        },
        "site": {key: value for key, value in card.items() if key != "name"},
        "configuration": {"in_force": config.hash, "file": digest},
        "instruments": [
            {
                "name": one.name,
                "driver": one.driver,
                "title": {"en": one.model.title, "zh": one.model.zh},
                "serial": one.serial,
                "period": one.period,
            }
            for one in config.instruments
        ],
    }


class Certified:
    """Which certificate was applied to which channel, and when, as the records themselves say."""

    def __init__(self, config: Config) -> None:
        self._wanted = {
            (one.name, key)
            for one in config.instruments
            for key in one.channels
            if config.limits.get(f"{one.name}.{key}", config.limits.get(key, Limits())).calibrated
        }
        self._found: dict[tuple[Key, str], list[Any]] = {}

    def take(self, rows: Iterable[Row], date: datetime.date) -> None:
        """Look at the intervals of a day."""
        for _record, channels in rows:
            for key, row in channels.items():
                if row.value is None or not (row.certificate or key in self._wanted):
                    continue
                one = self._found.setdefault((key, row.certificate), [date, date, 0])
                one[1] = date
                one[2] += 1

    def told(self, certificates: Iterable[Certificate]) -> Facts:
        """The uses, in the order of time, and of each certificate that is still in the folder what it says."""
        known = {one.id: one for one in certificates}
        uses = []
        for (key, mark), (first, last, count) in sorted(self._found.items(), key=lambda item: (item[0][0], item[1][0])):
            use = {"channel": ".".join(key), "certificate": mark, "from": str(first), "to": str(last), "intervals": count}
            uses.append({**use, "known": mark.partition("+")[0] in known if mark else None})
        used = {use["certificate"].partition("+")[0] for use in uses}
        return {"uses": uses, "certificates": [_certificate(one) for one in known.values() if one.id in used]}


def _certificate(one: Certificate) -> Facts:
    texts = {key: getattr(one, key) for key in ("id", "model", "serial", "quantity", "method", "reference", "author", "note")}
    return {**texts, "coefficients": dict(one.coefficients), "date": str(one.date), "valid_until": str(one.valid_until)}


def standards(wanted: Iterable[Metric], district: str | None, dates: Iterable[datetime.date]) -> list[Facts]:
    """The editions by which something was judged, once each, with how sure we are of them."""
    cited: dict[str, Facts] = {}
    for date in dates:
        for topic, section in _topics(wanted, district):
            if topic in editions():
                edition = in_force(topic, date)
                cite = edition.cite(section, date)
                title = {name: edition.content.get(f"title_{name}", edition.standard) for name in ("en", "zh")}
                facts = {"standard": edition.standard, "title": title, "cited": cite.text, "confidence": cite.confidence}
                cited[cite.text] = facts
    return list(cited.values())


def _topics(wanted: Iterable[Metric], district: str | None) -> Iterable[tuple[str, str]]:
    for one in wanted:
        if isinstance(one, Aqi):
            for section in ("breakpoints", "decimals", "categories"):
                yield "hj633", section
            yield from (("gb3095", "limits"), ("gb3095", "validity"), ("hj663", "mda8"), ("hj663", "decimals"))
            if district:
                yield f"targets-{district}", "targets"
        elif isinstance(one, Noise):
            yield from ((one.standard, "limits"), ("gb3096", "hours"), ("gb3096", "weather"), ("hj906", "validity"))
        elif isinstance(one, WaterClass):
            yield from (("gb3838", "limits"), ("water-evaluation", "left_out"), ("water-evaluation", "decimals"))
            yield "gb3095", "validity"
        elif isinstance(one, Load):
            yield "gb3095", "validity"
