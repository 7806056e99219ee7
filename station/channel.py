"""One channel: the flags and the correction of each number, the newest one, and the interval being formed.

Order: what speaks against the whole reading, then the tests on the raw number, then the correction of the certificate in force. A
correction whose companion is missing or doubtful is not made at all: the raw value goes on, flagged.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from calibration.certificate import Certificate
from calibration.limits import Limits
from calibration.methods import Disagree
from calibration.watch import Watch
from drivers.quantity import Quantity
from drivers.sample import Flag
from gateway.record import ChannelRow
from station.intervals import Cell

FRESH = 10.0
"""A companion may be so many s old, or two and a half of its periods."""

OUT_OF_CALIBRATION = "out_of_calibration"

DRILL = "drill"
"""Marks what is measured while an emergency is practised; it says nothing against the number itself."""


@dataclass(slots=True)
class Latest:
    """The newest number of a channel, for people; `value` None and `reason` if there is none.

    believed  nothing but its calibration speaks against it
    """

    moment: float
    value: float | None
    raw: float | None
    flag: Flag
    reason: str
    believed: bool = False


class Measured(Protocol):
    """What a channel knows of its instrument; the station's own channels have one, too."""

    @property
    def name(self) -> str:
        """In the configuration."""
        ...

    @property
    def driver(self) -> str:
        """The model that its certificates name."""
        ...

    @property
    def serial(self) -> str:
        """The serial number that its certificates name, "" if unknown."""
        ...

    @property
    def channels(self) -> tuple[str, ...]:
        """The quantity keys that are stored."""
        ...

    @property
    def derived(self) -> tuple[str, ...]:
        """Those that are computed from another channel of it."""
        ...

    @property
    def resolution(self) -> Mapping[str, float]:
        """Quantity key → smallest step."""
        ...

    @property
    def period(self) -> float:
        """s between readings."""
        ...

    @property
    def rate(self) -> float:
        """Readings per second."""
        ...


class Channel:
    """One quantity of one instrument."""

    __slots__ = (
        "_cell",
        "_companions",
        "_correct",
        "_damp",
        "_held",
        "_neighbours",
        "_partner",
        "_uncertified",
        "before",
        "certificate",
        "due",
        "fresh",
        "instrument",
        "latest",
        "limits",
        "quantity",
        "stuck",
        "taken",
        "watch",
    )

    def __init__(self, instrument: Measured, quantity: Quantity, limits: Limits) -> None:
        self.instrument = instrument
        self.quantity = quantity
        self.limits = limits
        step = instrument.resolution.get(quantity.key, 0.0)
        self.watch = Watch(limits, step, 1.0 / instrument.rate)
        self.fresh = max(FRESH, 2.5 * instrument.period)
        self._damp: Channel | None = None
        self._partner: Channel | None = None
        self._neighbours = False
        self._cell = Cell(quantity)
        self._held: tuple[float, float, Flag, str, bool] | None = None
        """The newest reading, until its successor tells whether it was a spike."""
        self.before: float | None = None
        self.due = 0
        self.taken = ""
        self.stuck = False
        self.latest: Latest | None = None
        self.certify(None, True, ())

    def introduce(self, damp: "Channel | None", partner: "Channel | None") -> None:
        """Let it know the humidity that decides on condensation, and the channel that should show the same."""
        self._damp = damp if self.limits.condensation <= 100.0 else None
        self._partner = partner
        self._neighbours = self._damp is not None or partner is not None

    def certify(self, certificate: Certificate | None, expired: bool, companions: Sequence["Channel | None"]) -> None:
        """Put a certificate into force, or none; `companions` are the channels that it names, None for one that is not there."""
        self.certificate = certificate
        self._correct: Callable[..., float] | None = certificate.apply if certificate else None
        self._companions = tuple(companions)
        self._uncertified = expired if certificate else self.limits.calibrated

    def take(self, raw: float, moment: float, doubt: str, sample: Mapping[str, float]) -> None:
        """One raw number of a `sample`; `doubt` is what is known against it already ("" if nothing), or that it is a drill's."""
        self.due += 1
        flag, reason = self.watch.judge(raw, moment, sample)
        self.stuck = reason == "stuck"
        if doubt and doubt != DRILL and flag is not Flag.FAIL:
            flag, reason = Flag.SUSPECT, doubt
        elif not reason and self._neighbours and (reason := self._beside(raw, moment)):
            flag = Flag.SUSPECT
        value, corrected = raw, True
        if self._correct is not None:
            value, corrected, why = self._corrected(raw, moment)
            if why and not reason:
                flag, reason = Flag.SUSPECT, why
        if self._uncertified and not reason:
            flag, reason = Flag.SUSPECT, OUT_OF_CALIBRATION
        believed = reason in ("", OUT_OF_CALIBRATION)
        if doubt == DRILL and flag is not Flag.FAIL:
            flag, reason = Flag.SUSPECT, DRILL
        if self.watch.spikes:
            self._hold(value, raw, flag, reason, corrected)
        else:
            self._cell.add(value, raw, flag, reason, corrected)
        self.latest = Latest(moment, value, raw, flag, reason, believed)

    def _beside(self, raw: float, moment: float) -> str:
        """What other channels say against a number: water in the air, a twin that shows something else."""
        limits = self.limits
        if self._damp is not None and (humidity := self._damp.good(moment)) is not None and humidity >= limits.condensation:
            return "condensation"
        other = self._partner.good(moment) if self._partner is not None else None
        apart = other is not None and abs(raw - other) > max(limits.apart, limits.apart_share * abs(raw + other) / 2.0)
        return "inconsistent" if apart else ""

    def good(self, moment: float) -> float | None:
        """The newest value if it is fresh at `moment` and nothing but its calibration speaks against it."""
        latest = self.latest
        if latest is None or latest.value is None or moment - latest.moment > self.fresh:
            return None
        return latest.value if latest.believed else None

    def _corrected(self, raw: float, moment: float) -> tuple[float, bool, str]:
        """The value by the certificate; or the raw one, False and why: a companion missing or bad, or no formula."""
        assert self._correct is not None
        given = []
        for companion in self._companions:
            other = companion.good(moment) if companion is not None else None
            if other is None:
                return raw, False, OUT_OF_CALIBRATION
            given.append(other)
        try:
            value = self._correct(raw, *given)
        except Disagree:
            return raw, False, "inconsistent"
        except (ValueError, OverflowError):
            return raw, False, OUT_OF_CALIBRATION
        return (value, True, "") if math.isfinite(value) else (raw, False, OUT_OF_CALIBRATION)

    def _hold(self, value: float, raw: float, flag: Flag, reason: str, corrected: bool) -> None:
        """Keep the reading until the next one, and store the one before it."""
        self._settle(raw)
        self._held = (value, raw, flag, reason, corrected)

    def _settle(self, after: float | None) -> None:
        """The reading that waits goes into the interval, a spike or not; without a successor nobody can tell."""
        if self._held is None:
            return
        value, raw, flag, reason, corrected = self._held
        if after is not None and self.before is not None and flag is not Flag.FAIL:
            verdict = self.watch.spiked(self.before, raw, after)
            if verdict > flag:
                flag, reason = verdict, "spike"
        self._cell.add(value, raw, flag, reason, corrected)
        self.before = raw
        self._held = None

    def miss(self, moment: float, reason: str) -> None:
        """A reading without this number."""
        self.due += 1
        self._settle(None)
        self.before = None
        self._cell.miss(reason)
        self.latest = Latest(moment, None, None, Flag.MISSING, reason)

    def close(self, length: float, because: str, nominal: float) -> list[ChannelRow]:
        """The rows of the interval that ends now: none if nothing was due (a slow instrument, no new result of an analyser), and
        more than one for a level whose percentiles are told too.
        """
        self._settle(None)
        expected = max(self.due, math.floor(length * self.instrument.rate + 0.01) if not self.taken else 0)
        if not self.taken and self.instrument.period <= nominal:
            expected = max(1, expected)
        certificate = self.certificate.mark if self.certificate else ""
        rows: list[ChannelRow] = []
        if expected:
            rows = [self._cell.row(self.instrument.name, self.quantity, expected, certificate, because)]
            if self.instrument.derived:
                rows += self._cell.percentiles(rows[0])
        self._cell = Cell(self.quantity)
        self.due = 0
        return [row._replace(taken=self.taken) if row.value is not None else row for row in rows]
