"""From a reading to flagged, corrected numbers, channel by channel, and from those to the interval's rows.

Order: the device's own verdict, then range and stuck tests on the raw number, then the correction of the certificate in
force. A channel whose certificate has expired goes on, flagged `out_of_calibration`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from calibration.certificate import Certificate, choose
from calibration.correct import linear
from calibration.quality import Limits, Stuck
from drivers.quantity import Quantity, quantities
from drivers.sample import Flag
from gateway.record import ChannelRow
from station.intervals import Cell
from station.reading import Reading


@dataclass(slots=True)
class Latest:
    """The newest number of a channel, for people; `value` None and `reason` if there is none."""

    moment: float
    value: float | None
    raw: float | None
    flag: Flag
    reason: str


class Measured(Protocol):
    """What the pipeline knows of an instrument; the station's own channels are one, too."""

    @property
    def name(self) -> str:
        """In the configuration."""
        ...

    @property
    def serial(self) -> str:
        """For its certificates, "" if unknown."""
        ...

    @property
    def channels(self) -> tuple[str, ...]:
        """The quantity keys that are stored."""
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
    """One quantity of one instrument: its limits, certificate, newest number and the interval being formed."""

    __slots__ = ("cell", "certificate", "due", "expired", "instrument", "latest", "limits", "quantity", "stuck", "taken")

    def __init__(self, instrument: Measured, quantity: Quantity, limits: Limits) -> None:
        self.instrument = instrument
        self.quantity = quantity
        self.limits = limits
        self.stuck = Stuck(limits.stuck)
        self.certificate: Certificate | None = None
        self.expired = False
        self.cell = Cell(quantity)
        self.due = 0
        self.taken = ""
        self.latest: Latest | None = None

    def take(self, raw: float, moment: float, reason: str) -> None:
        """One raw number; `reason` is what is known against it already ("" if nothing)."""
        self.due += 1
        flag = Flag.SUSPECT if reason else Flag.PASS
        if not self.limits.low <= raw <= self.limits.high:
            flag, reason = Flag.FAIL, "range"
        elif self.stuck.test(raw, moment) and not reason:
            flag, reason = Flag.SUSPECT, "stuck"
        certificate = self.certificate
        if certificate is None:
            value = raw
        else:
            value = linear(raw, certificate.gain, certificate.offset)
            if self.expired and not reason:
                flag, reason = Flag.SUSPECT, "out_of_calibration"
        self.cell.add(value, raw, flag, reason)
        self.latest = Latest(moment, value, raw, flag, reason)

    def miss(self, moment: float, reason: str) -> None:
        """A reading without this number."""
        self.due += 1
        self.cell.miss(reason)
        self.latest = Latest(moment, None, None, Flag.MISSING, reason)

    def close(self, length: float, because: str, nominal: float) -> ChannelRow | None:
        """The row of the interval that ends now; None if nothing was due (a slow instrument, no new result of an analyser)."""
        expected = max(self.due, math.floor(length * self.instrument.rate + 0.01) if not self.taken else 0)
        if not self.taken and self.instrument.period <= nominal:
            expected = max(1, expected)
        certificate = self.certificate.id if self.certificate else ""
        row = self.cell.row(self.instrument.name, self.quantity, expected, certificate, because) if expected else None
        self.cell = Cell(self.quantity)
        self.due = 0
        return row._replace(taken=self.taken) if row and self.taken else row


class Pipeline:
    """Every channel of the station. Used by one thread; time is an argument."""

    def __init__(self, instruments: Iterable[Measured], limits: Mapping[str, Limits], certificates: list[Certificate]) -> None:
        registry = quantities()
        self._certificates = certificates
        self.maintenance = False
        instruments = tuple(instruments)
        self._serials = {one.name: one.serial for one in instruments}
        self.channels: dict[str, dict[str, Channel]] = {
            one.name: {key: Channel(one, registry[key], limits.get(key, Limits())) for key in one.channels} for one in instruments
        }

    def choose_certificates(self, day: date) -> None:
        """Put the certificates into force that hold on `day` (UTC)."""
        for channels in self.channels.values():
            for channel in channels.values():
                serial = channel.instrument.serial
                found = choose(self._certificates, serial, channel.quantity.key, day) if serial else None
                channel.certificate = found
                channel.expired = found is not None and not found.holds_on(day)

    def take(self, reading: Reading) -> None:
        """Feed one reading into its channels."""
        channels = self.channels[reading.instrument]
        sample = reading.sample
        moment = reading.moment
        if sample is None or not sample.usable:
            reason = reading.reason or "gap"
            for channel in channels.values():
                channel.miss(moment, sample.fields.get(channel.quantity.key, reason) if sample else reason)
            return
        doubt = "maintenance" if self.maintenance else self._doubt(reading)
        values = sample.values
        for key, channel in channels.items():
            channel.taken = sample.taken
            if key in values:
                channel.take(values[key], moment, doubt)
            else:
                channel.miss(moment, sample.fields.get(key, "gap"))

    def _doubt(self, reading: Reading) -> str:
        """What speaks against everything that this reading says: another instrument than configured, or one that warms up."""
        wanted = self._serials[reading.instrument].lower()
        told = reading.identity.lower()
        if wanted and told and wanted not in told and told not in wanted:
            return "swapped"
        return "" if reading.warm else "warm_up"

    def companions(self, now: float, age: float = 10.0) -> dict[str, float]:
        """The newest passing number of each quantity that is not older than `age` s, for drivers that want them."""
        found: dict[str, float] = {}
        for channels in self.channels.values():
            for key, channel in channels.items():
                latest = channel.latest
                if latest and latest.flag is Flag.PASS and latest.value is not None and now - latest.moment <= age:
                    found[key] = latest.value
        return found

    def close(self, length: float, because: str = "", nominal: float = 0.0) -> list[ChannelRow]:
        """The rows of the interval that ends now and lasted `length` s of `nominal` s (0: all of them); the next one begins."""
        closed = (
            one.close(length, because, nominal or length) for channels in self.channels.values() for one in channels.values()
        )
        return [row for row in closed if row is not None]
