"""What a station measured, as data groups: which channel goes under which code, unit and decimals, with which mark.

HJ 212-2017 clause 6.6 and tables 5 to 9. A number that is missing is not made up: only its mark is sent, or nothing, as
configured.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.quantity import quantities
from gateway.link.hj212.factors import convert, converts, factors, mark, number
from gateway.link.hj212.message import Fields
from gateway.link.settings import Hj212Factor, Hj212Settings
from gateway.record import ChannelRow

NOISE = "23"
"""ST of environmental noise, whose values are `-Data`."""

ONLY_NOW = frozenset(["LA"])
"""Codes that an ST 23 packet has as real-time values alone."""

ONLY_INTERVALS = frozenset(["Leq", "L5", "L10", "L50", "L90", "L95", "LMx", "LMn"])
"""Codes that exist for intervals alone."""

CIRCULAR = frozenset(["wind_direction"])
"""Quantities whose minimum and maximum say nothing."""


class BadFactor(ValueError):
    """A configured factor cannot be sent; the text says why."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One factor as this platform wants it."""

    code: str
    st: str
    instrument: str
    quantity: str
    unit: str
    decimals: int
    molar: float = 0.0
    total: bool = False
    serial: str = ""
    information: tuple[str, ...] = ()

    def text(self, value: float) -> str:
        """A value of ours as it is sent."""
        return number(convert(value, quantities()[self.quantity].unit, self.unit, self.molar), self.decimals)


def roster(settings: Hj212Settings) -> tuple[Sent, ...]:
    """The factors of a destination: those configured, else every one of the table. Raises BadFactor."""
    if settings.factor:
        return tuple(_configured(one, settings) for one in settings.factor)
    return tuple(
        Sent(f.code, settings.st or f.system, "", f.quantity, f.unit, f.decimals, f.molar, f.total)
        for f in factors().values()
        if f.quantity
    )


def _configured(wanted: Hj212Factor, settings: Hj212Settings) -> Sent:
    known = factors().get(wanted.code)
    instrument, _dot, quantity = wanted.channel.rpartition(".")
    if quantity not in quantities():
        raise BadFactor(f"{wanted.code}: there is no quantity {quantity!r} (channel is INSTRUMENT.QUANTITY or QUANTITY)")
    ours = quantities()[quantity]
    unit = wanted.unit or (known.unit if known else ours.unit)
    molar = known.molar if known else 0.0
    if not converts(ours.unit, unit, molar):
        raise BadFactor(f"{wanted.code}: {quantity} is measured in {ours.unit}, which cannot be told in {unit}")
    decimals = wanted.decimals if wanted.decimals is not None else known.decimals if known else ours.decimals
    st = wanted.st or settings.st or (known.system if known else "22")
    total = known is not None and known.total
    for text in wanted.information:
        if not re.fullmatch(r"i\d{5}=[^;,=&#]{1,40}", text):
            raise BadFactor(f"{wanted.code}: information is {text!r}; expected i13001=0-1000 and the like")
    return Sent(wanted.code, st, instrument, quantity, unit, decimals, molar, total, wanted.serial, wanted.information)


def systems(sent: Sequence[Sent]) -> tuple[str, ...]:
    """The ST under which these factors go, in their order, each once."""
    return tuple(dict.fromkeys(one.st for one in sent))


def rows(body: str) -> list[ChannelRow]:
    """The channels of an interval record."""
    return [ChannelRow(*row) for row in json.loads(body)]


def interval_groups(
    found: Sequence[ChannelRow], sent: Sequence[Sent], settings: Hj212Settings, seconds: int
) -> dict[str, list[Fields]]:
    """ST → groups of an interval of `seconds`; an ST of which nothing can be said is absent."""
    groups: dict[str, list[Fields]] = {}
    for one, row in _pairs(sent, found):
        if one.st == NOISE and one.code in ONLY_NOW:
            continue
        fields = _interval_fields(one, row, settings, seconds)
        if fields:
            groups.setdefault(one.st, []).append(fields)
    return groups


def _interval_fields(one: Sent, row: ChannelRow, settings: Hj212Settings, seconds: int) -> Fields:
    letter = mark(row.flag, row.reason, settings.edition)
    noise = one.st == NOISE
    marked: Fields = ((f"{one.code}-Flag", letter),)
    if row.value is None or row.low is None or row.high is None:
        return marked if settings.missing == "mark" and not noise else ()
    if noise:
        level = {"LMx": row.high, "LMn": row.low}.get(one.code, row.value)
        return ((f"{one.code}-Data", one.text(level)), *(marked if settings.noise_marks else ()))
    values = [("Min", row.low), ("Avg", row.value), ("Max", row.high)]
    if row.quantity in CIRCULAR:
        values = values[1:2]
    fields = tuple((f"{one.code}-{suffix}", one.text(value)) for suffix, value in values)
    if one.total:  # our flow is in m³/s, the total is in m³
        fields = ((f"{one.code}-Cou", number(row.value * seconds, one.decimals)), *fields)
    return (*fields, *marked)


def live_groups(channels: Iterable[Sequence[Any]], sent: Sequence[Sent], settings: Hj212Settings) -> dict[str, list[Fields]]:
    """ST → groups of real-time values, from the channels of `live.json` (instrument, quantity, value, raw, flag, reason)."""
    found = [ChannelRow(str(c[0]), str(c[1]), "", c[2], c[2], c[2], c[3], 1, 1, int(c[4]), str(c[5]), "") for c in channels]
    groups: dict[str, list[Fields]] = {}
    for one, row in _pairs(sent, found):
        if one.code in ONLY_INTERVALS:
            continue
        marked: Fields = ((f"{one.code}-Flag", mark(row.flag, row.reason, settings.edition)),)
        if one.st == NOISE and not settings.noise_marks:
            marked = ()
        if row.value is not None:
            groups.setdefault(one.st, []).append(((f"{one.code}-Rtd", one.text(row.value)), *marked))
        elif settings.missing == "mark" and marked:
            groups.setdefault(one.st, []).append(marked)
    return groups


def instrument_of(code: str, channels: Iterable[Sequence[Any]], sent: Sequence[Sent]) -> str:
    """The instrument that measures the factor `code` now, "" if none does; `channels` as in `live.json`."""
    for one in sent:
        for channel in channels:
            if code and one.code == code and channel[1] == one.quantity and one.instrument in ("", channel[0]):
                return str(channel[0])
    return ""


def _pairs(sent: Sequence[Sent], found: Sequence[ChannelRow]) -> Iterator[tuple[Sent, ChannelRow]]:
    """Each factor with the first channel that is meant by it."""
    for one in sent:
        for row in found:
            if row.quantity == one.quantity and one.instrument in ("", row.instrument):
                yield one, row
                break
