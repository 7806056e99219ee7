"""Every channel of the station: readings go in, the interval's rows come out. What happens to a number: channel.py."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from calibration.certificate import Certificate, choose
from calibration.limits import Limits
from drivers.quantity import quantities
from gateway.record import ChannelRow
from station.channel import DRILL, Channel, Measured
from station.reading import Reading, same


class Pipeline:
    """Every channel of the station. Used by one thread; time is an argument."""

    def __init__(
        self, instruments: Iterable[Measured], limits: Mapping[str, Limits], certificates: Sequence[Certificate]
    ) -> None:
        """`limits` by quantity key, and by "instrument.quantity" for one channel alone."""
        registry = quantities()
        self.certificates = certificates
        """Take effect when the next interval begins."""
        self.maintenance = False
        self.maintained: set[str] = set()
        """Instruments that somebody works on, while the others go on."""
        self.drill = False
        """An emergency is practised: what is measured goes the way of real data, marked."""
        self.under_voltage = False
        instruments = tuple(instruments)
        self._serials = {one.name: one.serial for one in instruments}
        self.channels: dict[str, dict[str, Channel]] = {
            one.name: {
                key: Channel(one, registry[key], limits.get(f"{one.name}.{key}") or limits.get(key) or Limits())
                for key in one.channels
            }
            for one in instruments
        }
        self._turns = {name: list(channels.items()) for name, channels in self.channels.items()}
        """The channels of an instrument, those last whose correction may need the others."""
        self._introduce()

    def _introduce(self) -> None:
        """Let the channels know those that tell something about them."""
        damp = [channels["humidity"] for channels in self.channels.values() if "humidity" in channels]
        for channels in self.channels.values():
            for channel in channels.values():
                humidity = channels.get("humidity") or next(iter(damp), None)
                channel.introduce(humidity, self._channel(channel.limits.beside))

    def _channel(self, name: str) -> Channel | None:
        """The channel "instrument.quantity", if the station has it."""
        instrument, _dot, key = name.rpartition(".")
        return self.channels.get(instrument, {}).get(key)

    def choose_certificates(self, day: date) -> None:
        """Put the certificates into force that hold on `day` (UTC), and what its month is like."""
        for name, channels in self.channels.items():
            for channel in channels.values():
                channel.watch.month(day.month)
                one = channel.instrument
                found = choose(self.certificates, one.driver, one.serial, channel.quantity.key, day) if one.serial else None
                companions = [self._channel(companion) for companion in found.companions.values()] if found else []
                channel.certify(found, found is not None and not found.holds_on(day), companions)
            self._turns[name] = sorted(channels.items(), key=lambda item: item[1].certificate is not None)

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
        doubt = self._doubt(reading)
        values = sample.values
        for key, channel in self._turns[reading.instrument]:
            channel.taken = sample.taken
            if key in values:
                channel.take(values[key], moment, doubt, values)
            else:
                channel.miss(moment, sample.fields.get(key, "gap"))

    def worked_on(self, instrument: str) -> bool:
        """True while somebody has it in maintenance, alone or with the whole station."""
        return self.maintenance or instrument in self.maintained

    def _doubt(self, reading: Reading) -> str:
        """What speaks against everything that this reading says: hands, another instrument, a warm-up, a weak supply."""
        if self.worked_on(reading.instrument):
            return "maintenance"
        serial = self._serials[reading.instrument]
        if serial and reading.identity and not same(serial, reading.identity):
            return "swapped"
        if not reading.warm:
            return "warm_up"
        if self.under_voltage:
            return "under_voltage"
        return DRILL if self.drill else ""

    def companions(self, now: float) -> dict[str, float]:
        """The newest good number of each quantity, for drivers that want them; `now` in monotonic s."""
        found: dict[str, float] = {}
        for channels in self.channels.values():
            for key, channel in channels.items():
                if (value := channel.good(now)) is not None:
                    found[key] = value
        return found

    def close(self, length: float, because: str = "", nominal: float = 0.0) -> list[ChannelRow]:
        """The rows of the interval that ends now and lasted `length` s of `nominal` s (0: all of them); the next one begins."""
        every = (one for channels in self.channels.values() for one in channels.values())
        return [row for one in every for row in one.close(length, because, nominal or length)]
