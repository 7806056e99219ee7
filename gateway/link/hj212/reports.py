"""Records that are no intervals, as a platform takes them: alarms, standard-sample checks, an instrument that was replaced, and
the first readings of a station that was set up, which are real-time data marked as maintenance.

Alarms: the editions since 2017 have no command for them. Where the platform has not agreed to anything else they go as lines of
the logger's log (3020, i21001); `alarms = "2072"` sends the alarm event of HJ/T 212-2005, which many platforms still take (its
form as in a public parser of that edition: likely, not certain). What comes later of an alarm, samples and snapshot, is not sent.
Changed settings go as lines of the log too, where alarms do.
Checks: 2062 of 2025 (SampleRd, StandardValue, ResultType: likely), or of the surface water protocol (Check, StandardValue, Flag:
one public source). A guided calibration of a water probe is one: as found, at the standard from which it deviates most.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gateway.link.hj212.message import Fields
from gateway.link.hj212.outbox import Upload, stamp
from gateway.link.hj212.uploads import NOISE, Sent, live_groups
from gateway.link.settings import Hj212Settings
from gateway.record import Record

LONGEST = 880
"""Bytes of a log's text; 890 are allowed."""

LONGEST_SERIAL = 24

SUSPECT = 3
"""Flag of the first readings: nobody has looked at the station yet."""

ALARM_TYPES: Mapping[str, str] = MappingProxyType({"raised": "1", "cleared": "0"})
"""What happened to an alarm → AlarmType."""


def reports(record: Record, sent: Sequence[Sent], settings: Hj212Settings) -> list[Upload]:
    """The uploads that tell of an event or alarm; none if this platform takes none of it. Their keys are their places."""
    facts = _facts(record.body)
    code = str(facts.get("code", ""))
    if record.kind == "alarm" and code in ALARM_TYPES:
        found = list(_alarm(record, facts, sent, settings))
    elif code == "identified" and facts.get("before"):
        found = list(_replaced(facts, sent))
    elif code == "set_up":
        found = list(_first_readings(record, facts, sent, settings))
    elif code == "sample" and settings.samples == "2011" and settings.edition == 2017:
        found = list(_sample(facts, sent))
    elif _is_told(code, facts, settings):
        found = [(sent[0].st if sent else "22", "3020", log_line(record))]
    elif code == "calibrated" and takes_checks(settings):
        found = list(_check(record, facts, sent, settings))
    else:
        found = []
    return [Upload(at, st, cn, groups, vital=False) for at, (st, cn, groups) in enumerate(found)]


def _is_told(code: str, facts: Mapping[str, Any], settings: Hj212Settings) -> bool:
    """True if it goes as a line of the log: metrics, samples, changed settings, maintenance and emergencies on or off."""
    switched = code == "requested" and facts.get("action") in ("maintenance", "emergency")
    wanted = {
        "metric": settings.metrics == "log",
        "sample": settings.samples != "none",
        "settings": settings.alarms == "log",
    }
    return wanted.get(code, switched and settings.alarms != "none")


def takes_checks(settings: Hj212Settings) -> bool:
    """True if there is a command 2062 in what this platform speaks."""
    return settings.voice_edition >= 2025


def log_line(record: Record) -> list[Fields]:
    """A record as a line of the logger's log (i21001)."""
    return [(("DataTime", stamp(record.start or 0)),), (("i21001-Info", f"//{safe(record.body)}//"),)]


def safe(body: str) -> str:
    """The facts of a body in one line, without anything that is a mark of the protocol."""
    text = " ".join(
        f"{key}: {value}" for key, value in _facts(body).items() if value not in ("", None, {}, []) and key != "series"
    )
    for mark, instead in (("//", " "), ("&&", " "), ("##", " "), ("\r", " "), ("\n", " "), (",", " "), (";", " "), ("=", ":")):
        text = text.replace(mark, instead)
    return text.encode()[:LONGEST].decode("utf-8", "ignore").rstrip("/")


Report = tuple[str, str, list[Fields]]
"""ST, CN and groups."""


def _alarm(record: Record, facts: Mapping[str, Any], sent: Sequence[Sent], settings: Hj212Settings) -> Iterator[Report]:
    if settings.alarms == "log" or (settings.alarms == "2072" and facts.get("drill")):  # 2072 cannot say that it is a drill
        yield sent[0].st if sent else "22", "3020", log_line(record)
    elif settings.alarms == "2072":
        value, kind = facts.get("value"), ALARM_TYPES[str(facts["code"])]
        instrument, _dot, quantity = str(facts.get("channel", "")).rpartition(".")
        for one in _meant(instrument, quantity, sent):
            if isinstance(value, int | float):
                fields: Fields = ((f"{one.code}-Ala", one.text(value)), ("AlarmType", kind))
                yield one.st, "2072", [(("AlarmTime", stamp(record.start or 0)),), fields]


def _first_readings(record: Record, facts: Mapping[str, Any], sent: Sequence[Sent], settings: Hj212Settings) -> Iterator[Report]:
    channels = [(*reading, reading[2], SUSPECT, "maintenance") for reading in facts.get("readings", ())]
    for st, groups in live_groups(channels, sent, settings).items():
        yield st, "2011", [(("DataTime", stamp(record.start or 0)),), *groups]


def _sample(facts: Mapping[str, Any], sent: Sequence[Sent]) -> Iterator[Report]:
    """A value that somebody has entered by hand: mark S of 2017, with the time at which it was taken."""
    instrument, _dot, quantity = str(facts.get("channel", "")).rpartition(".")
    value, taken = facts.get("value"), "".join(one for one in str(facts.get("taken", "")) if one.isdigit()).ljust(14, "0")
    for one in _meant(instrument, quantity, sent):
        if isinstance(value, int | float) and one.st != NOISE and len(taken) == 14:
            names = (("Rtd", one.text(value)), ("Flag", "S"), ("SampleTime", taken))
            yield one.st, "2011", [(("DataTime", taken),), tuple((f"{one.code}-{name}", text) for name, text in names)]


def _replaced(facts: Mapping[str, Any], sent: Sequence[Sent]) -> Iterator[Report]:
    """The serial number of an instrument that hangs where another one did, for platforms that are told of serial numbers."""
    serial = str(facts.get("identity", ""))[:LONGEST_SERIAL]
    for one in sent:
        if one.serial and one.instrument == facts.get("instrument") and serial.replace("-", "").replace("_", "").isalnum():
            yield one.st, "3019", [(("PolId", one.code),), ((f"{one.code}-SN", serial),)]


def _check(record: Record, facts: Mapping[str, Any], sent: Sequence[Sent], settings: Hj212Settings) -> Iterator[Report]:
    points = [point[:2] for point in facts.get("points", ()) if all(isinstance(value, int | float) for value in point[:2])]
    if not points:
        return
    standard, reading = max(points, key=lambda point: abs(point[1] - point[0]))
    passed = "refused" not in facts
    for one in _meant(facts.get("instrument", ""), facts.get("quantity", ""), sent):
        if not one.code.startswith("w"):
            continue
        if settings.surface_water:
            names = (("Check", one.text(reading)), ("StandardValue", one.text(standard)), ("Flag", "N" if passed else "D"))
        else:
            names = (("SampleRd", one.text(reading)), ("StandardValue", one.text(standard)), ("ResultType", str(int(passed))))
        fields = tuple((f"{one.code}-{name}", text) for name, text in names)
        yield one.st, "2062", [(("DataTime", stamp(record.start or 0)),), fields]


def _meant(instrument: str, quantity: str, sent: Sequence[Sent]) -> list[Sent]:
    """The factor of a channel, if it has one."""
    return [one for one in sent if one.quantity == quantity and one.instrument in ("", instrument)][:1]


def _facts(body: str) -> Mapping[str, Any]:
    """The object of a body; what is none says nothing."""
    found = json.loads(body)
    return found if isinstance(found, dict) else {}
