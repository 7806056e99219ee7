"""The noise of a day (2031): day-night level, day time and night time (HJ 212-2017 table 6, ST 23).

Ld and Ln are energy means of day time and night time, Ldn weighs the night by 10 dB (GB 3096-2008). Day time is taken as 06 to 22
o'clock, as is usual; a place may have set it otherwise. Percentile levels are those of `fold.py`.
"""

from collections.abc import Sequence

from drivers.quantity import mean_of
from gateway.link.hj212.fold import fold
from gateway.link.hj212.message import Fields
from gateway.link.hj212.uploads import NOISE, Sent, rows
from gateway.record import ChannelRow, Record

MORNING, EVENING = 6, 22
"""Hours of local time at which day time begins and ends."""

LEVELS = ("L5", "L10", "L50", "L90", "L95")
"""Codes of the percentile levels."""

PENALTY = 10.0
"""dB by which the night weighs more."""


def noise_day(records: Sequence[Record], begin: int, due: int, sent: Sequence[Sent]) -> list[Fields]:
    """The groups of the day that begins at `begin` (UTC ms), of which `due` intervals should exist; empty without noise."""
    wanted = {one.code: one for one in sent if one.st == NOISE and one.code in ("Leq", "LMx", "LMn", *LEVELS)}
    if "Leq" not in wanted:
        return []
    day = [record for record in records if MORNING <= _hour(record, begin) < EVENING]
    night = [record for record in records if not MORNING <= _hour(record, begin) < EVENING]
    share = (EVENING - MORNING) / 24
    parts = {
        "Data": fold([rows(record.body) for record in records], due),
        "DayData": fold([rows(record.body) for record in day], round(due * share)),
        "NightData": fold([rows(record.body) for record in night], round(due * (1 - share))),
    }
    level = {suffix: _level(found, wanted["Leq"]) for suffix, found in parts.items()}
    groups: list[Fields] = []
    for suffix, found in parts.items():
        for code in LEVELS:
            value = _level(found, wanted[code]) if code in wanted else None
            if value is not None:
                groups.append(((f"{code}-{suffix}", wanted[code].text(value)),))
    if level["DayData"] is not None and level["NightData"] is not None:
        groups.append((("Ldn-Data", wanted["Leq"].text(day_night(level["DayData"], level["NightData"]))),))
    for suffix, code in (("DayData", "Ld"), ("NightData", "Ln")):
        value = level[suffix]
        if value is not None:
            groups.append(((f"{code}-{suffix}", wanted["Leq"].text(value)),))
    for suffix, found in parts.items():
        for code in ("LMx", "LMn"):
            row = _row(found, wanted[code]) if code in wanted else None
            value = None if row is None else row.high if code == "LMx" else row.low
            if value is not None:
                groups.append(((f"{code}-{suffix}", wanted[code].text(value)),))
    return groups


def day_night(day: float, night: float) -> float:
    """Ldn in dB from Ld and Ln."""
    hours = EVENING - MORNING
    return mean_of("energy", [(day, hours), (night + PENALTY, 24 - hours)])


def _hour(record: Record, begin: int) -> int:
    return ((record.start or 0) - begin) // 3_600_000


def _row(found: Sequence[ChannelRow], one: Sent) -> ChannelRow | None:
    return next((row for row in found if row.quantity == one.quantity and one.instrument in ("", row.instrument)), None)


def _level(found: Sequence[ChannelRow], one: Sent) -> float | None:
    row = _row(found, one)
    return None if row is None else row.value
