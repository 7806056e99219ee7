"""What to bring on the next visit, and by when: what runs out, wears out or is used up."""

import datetime
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from calibration.certificate import Certificate, choose
from calibration.certificate import load as load_certificates
from drivers.quantity import quantities
from station import words
from station.config import Config, Instrument
from station.doctor.host import Host
from station.host import pihealth
from station.memory import Memory, hours_key
from station.places import Places
from station.words import N_, _

AHEAD = datetime.timedelta(days=120)
"""What falls due later is not told yet."""

WEARS: dict[str, tuple[tuple[str, int], ...]] = {
    **dict.fromkeys(("pms5003", "pms5003t", "pms5003st", "pms3003", "pmsa003i"), ((N_("laser and fan"), 26_280),)),
    "sds011": ((N_("laser"), 8_000),),
}
"""Driver → its consumables and their life in hours of running: Plantower's manuals say three years, the SDS011's 8000 h."""

SPENT = 0.9
"""Share of its life at which a part is to be brought."""


class Due(NamedTuple):
    """What falls due: `day` by when, None if it is due now; `what` is a sentence."""

    day: datetime.date | None
    what: str


def due(config: Config, where: Places, host: Host) -> list[Due]:
    """What to bring, the most urgent first."""
    today = datetime.datetime.fromtimestamp(host.wall(), datetime.UTC).date()
    found = [*_calibrations(config, where, today), *_keys(config, host, today), *_card(host, where), *_worn(config, where, host)]
    return sorted(found, key=lambda one: one.day or datetime.date.min)


def _calibrations(config: Config, where: Places, today: datetime.date) -> Iterator[Due]:
    for one, key, chosen in calibrations(config, where, today):
        if chosen is not None and chosen.valid_until <= today + AHEAD:
            text = _("calibrate {name} ({serial}): {quantity} runs out")
            name = quantities()[key].name(words.language())
            yield Due(chosen.valid_until, text.format(name=one.name, serial=one.serial, quantity=name))


def calibrations(config: Config, where: Places, today: datetime.date) -> Iterator[tuple[Instrument, str, Certificate | None]]:
    """Each channel of an instrument whose serial number is known, with the certificate in force."""
    certificates, _bad = load_certificates(where.certificates)
    for one in config.instruments:
        for key in one.channels if one.serial else ():
            yield one, key, choose(certificates, one.driver, one.serial, key, today)


def _keys(config: Config, host: Host, today: datetime.date) -> Iterator[Due]:
    for destination, file, day in own_certificates(config, host):
        if day is not None and day <= today + AHEAD:
            yield Due(day, _("a new certificate for {name}: {file} runs out").format(name=destination, file=file))


def own_certificates(config: Config, host: Host) -> Iterator[tuple[str, str, datetime.date | None]]:
    """Destination, file and last day of each of the station's own TLS certificates; Debian's openssl reads the day."""
    for destination in config.destinations:
        if name := getattr(destination.settings, "certificate", ""):
            shown = host.run("openssl", "x509", "-enddate", "-noout", "-dateopt", "iso_8601", "-in", name)
            yield destination.name, Path(name).name, _day(shown) if shown else None


def _day(shown: str) -> datetime.date | None:
    """The day in `notAfter=2027-01-01 00:00:00Z`."""
    try:
        return datetime.date.fromisoformat(shown.partition("=")[2].strip()[:10])
    except ValueError:
        return None


def _card(host: Host, where: Places) -> Iterator[Due]:
    mount = pihealth.mount_of(host.root, pihealth.standing(where.state).resolve())
    card = pihealth.card_of(host.root, mount) if mount else None
    if card and card.worn is not None and card.worn >= 8:
        yield Due(
            None,
            _("a new card: {name} has used up {percent} % of its life").format(name=card.name, percent=min(100, card.worn * 10)),
        )


def _worn(config: Config, where: Places, host: Host) -> Iterator[Due]:
    memory = Memory(where.memory, host.wall())
    for one in config.instruments:
        ran = memory.hours.get(hours_key(one.name, one.serial), 0.0)
        for part, life in consumables(one):
            if ran >= SPENT * life:
                text = _("{part} for {name} ({serial}): {ran} of {life} hours are used up")
                facts = {"part": _(part), "name": one.name, "serial": one.serial or "—", "ran": math.floor(ran), "life": life}
                yield Due(None, text.format(**facts))


def consumables(instrument: Instrument) -> Iterator[tuple[str, int]]:
    """(part, life in hours): those of the model, and what the configuration says wears out."""
    yield from WEARS.get(instrument.driver, ())
    for text in instrument.wears:
        part, _space, hours = text.rpartition(" ")
        yield part, int(hours)
