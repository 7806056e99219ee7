"""Sensirion SPS30 (data sheet v1.0, firmware 2.2): idle, measuring, asleep; on UART with SHDLC, on I2C with a CRC a word.

settings: `brown_out` s after the first look at which the supply dips, `fault` "fan", "laser" or "fan_speed" (what the status
register tells), `interval` s of measuring between two fan cleanings as an earlier owner left it.
"""

import struct
from typing import Any

from hw_sim.instruments.base import Chip, Talker, not_acknowledged
from hw_sim.instruments.sht3x import crc8, word
from hw_sim.world import World

SERIAL = "8CCABCFAE3201F49"
CLEANING = 10.0  # s
BITS = {"fan_speed": 1 << 21, "laser": 1 << 5, "fan": 1 << 4}


class Sensor:
    """The sensor behind either bus."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        self._world = world
        self._dip = float(settings.get("brown_out", 0.0))
        self._first: float | None = None
        self.register = BITS.get(str(settings.get("fault", "")), 0)
        self.interval = int(settings.get("interval", 604800))
        self.floats = True
        self._reset()

    def _reset(self) -> None:
        """As after power-up."""
        self.asleep = False
        self._began: float | None = None
        self._measured = 0.0  # s since the last cleaning
        self._seen = 0
        self._clean_until = 0.0
        self._values = bytes(40)

    def look(self, now: float) -> None:
        """Time goes on: brown-out, automatic cleaning."""
        if self._first is None:
            self._first = now
        if self._dip and now >= self._first + self._dip:
            self._dip = 0.0
            self._reset()
        if self._began is not None and self.interval and now - self._began + self._measured >= self.interval:
            self._measured = self._began - now
            self._clean_until = now + CLEANING

    @property
    def measuring(self) -> bool:
        """True between start and stop."""
        return self._began is not None

    def start(self, now: float, floats: bool) -> bool:
        """From idle only."""
        if self.asleep or self._began is not None:
            return False
        self._began, self._seen, self.floats = now, 0, floats
        return True

    def stop(self, now: float) -> bool:
        """Always obeyed when awake."""
        if self._began is not None:
            self._measured += now - self._began
        self._began = None
        return True

    def clean(self, now: float) -> bool:
        """Only while it measures."""
        if self._began is None:
            return False
        self._clean_until = now + CLEANING
        self._measured = self._began - now
        return True

    def fresh(self, now: float) -> bool:
        """Whether there is a value that was not read yet: one a second, none while the fan is cleaned."""
        return self._began is not None and int(now - self._began) > self._seen and now >= self._clean_until

    def values(self, now: float) -> bytes:
        """The ten values, zero until there is a first one; the old ones while there is no new one."""
        if self.fresh(now) and self._began is not None:
            self._seen = int(now - self._began)
            self._values = self._measure(now)
        return self._values if self.floats else integers(self._values)

    def _measure(self, now: float) -> bytes:
        pm25 = self._world.value("pm25", now)
        masses = [pm25 * share for share in (0.82, 1.0, 1.06, 1.09)]
        counts = [pm25 * number for number in (5.2, 6.3, 6.6, 6.65, 6.67)]
        return struct.pack(">10f", *masses, *counts, 0.62)


def integers(values: bytes) -> bytes:
    """The ten values as 16-bit numbers, the size in nm."""
    numbers = struct.unpack(">10f", values)
    return struct.pack(">10H", *(min(65535, round(n)) for n in numbers[:9]), round(1000 * numbers[9]))


def stuffed(body: bytes) -> bytes:
    """A frame: checksum, stuffing, flags (data sheet, section 5.2)."""
    out = bytearray()
    for byte in body + bytes((~sum(body) & 0xFF,)):
        out += bytes((0x7D, byte ^ 0x20)) if byte in (0x7E, 0x7D, 0x11, 0x13) else bytes((byte,))
    return b"\x7e" + bytes(out) + b"\x7e"


def unstuffed(inner: bytes) -> bytes:
    """What stood between two flags, b"" if its checksum is wrong."""
    out = bytearray()
    escaped = False
    for byte in inner:
        if byte == 0x7D and not escaped:
            escaped = True
            continue
        out.append(byte ^ 0x20 if escaped else byte)
        escaped = False
    return bytes(out[:-1]) if len(out) > 3 and ~sum(out[:-1]) & 0xFF == out[-1] else b""


class Sps30(Talker):
    """Speaks only when asked."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._sensor = Sensor(world, settings)
        self._buffer = b""

    def due(self, now: float) -> bytes:
        """Nothing."""
        return b""

    def hear(self, data: bytes, now: float) -> bytes:
        """Commands; asleep the line itself must be woken by FF first."""
        self._sensor.look(now)
        if self._sensor.asleep and not data.startswith(b"\xff"):
            return b""
        pieces = (self._buffer + data).split(b"\x7e")
        self._buffer = pieces.pop()[-64:]
        return b"".join(self._obey(question, now) for piece in pieces if (question := unstuffed(piece)))

    def _obey(self, question: bytes, now: float) -> bytes:
        if len(question) < 3 or question[0] or len(question) != 3 + question[2]:
            return b""
        command, data = question[1], question[3:]
        state, answer = self._do(command, data, now)
        state |= 0x80 if self._sensor.register else 0
        return stuffed(bytes((0, command, state, len(answer))) + answer)

    def _do(self, command: int, data: bytes, now: float) -> tuple[int, bytes]:
        sensor = self._sensor
        refused = (0x43, b"")
        if sensor.asleep and command != 0x11:
            return refused
        match command:
            case 0x00:
                return (0, b"") if data in (b"\x01\x03", b"\x01\x05") and sensor.start(now, data[1] == 3) else refused
            case 0x01:
                sensor.stop(now)
                return 0, b""
            case 0x03:
                if not sensor.measuring:
                    return refused
                return 0, sensor.values(now) if sensor.fresh(now) else b""
            case 0x10 | 0x11:
                if sensor.measuring or (command == 0x11) != sensor.asleep:
                    return refused
                sensor.asleep = command == 0x10
                return 0, b""
            case 0x56:
                return (0, b"") if sensor.clean(now) else refused
            case 0x80 if len(data) == 5:
                sensor.interval = int.from_bytes(data[1:], "big")
                return 0, b""
            case 0x80:
                return 0, sensor.interval.to_bytes(4, "big")
            case 0xD0:
                return 0, {b"\x00": b"00080000\0", b"\x03": SERIAL.encode() + b"\0"}.get(data, b"\0")
            case 0xD1:
                return 0, bytes((2, 2, 0, 7, 0, 2, 0))
            case 0xD2:
                return 0, sensor.register.to_bytes(4, "big") + b"\0"
        return 2, b""


class Sps30I2c(Chip):
    """Asleep it must be called twice: the first time nobody acknowledges."""

    def __init__(self, world: World, settings: dict[str, Any]) -> None:
        super().__init__(world, settings)
        self._sensor = Sensor(world, settings)
        self._answer = b""
        self._called = -1.0

    def write(self, data: bytes, now: float) -> None:
        """A command word with its arguments."""
        sensor = self._sensor
        sensor.look(now)
        command, arguments = int.from_bytes(data[:2], "big"), data[2:]
        if sensor.asleep:
            if now - self._called > 0.1:
                self._called = now
                raise not_acknowledged()
            sensor.asleep = command != 0x1103
            return
        if any(crc8(arguments[i : i + 2]) != arguments[i + 2] for i in range(0, len(arguments) - 2, 3)):
            raise not_acknowledged()
        self._do(command, arguments, now)

    def _do(self, command: int, arguments: bytes, now: float) -> None:
        sensor = self._sensor
        match command:
            case 0x0010:
                sensor.start(now, arguments[:1] == b"\x03")
            case 0x0104:
                sensor.stop(now)
            case 0x0202:
                self._answer = word(int(sensor.fresh(now)))
            case 0x0300:
                self._answer = words(sensor.values(now))
            case 0x1001:
                sensor.asleep = not sensor.measuring
            case 0x5607:
                sensor.clean(now)
            case 0x8004 if len(arguments) == 6:
                sensor.interval = int.from_bytes(arguments[0:2] + arguments[3:5], "big")
            case 0x8004:
                self._answer = words(sensor.interval.to_bytes(4, "big"))
            case 0xD033:
                self._answer = words(SERIAL.encode().ljust(32, b"\0"))
            case 0xD100:
                self._answer = word(0x0202)
            case 0xD206:
                self._answer = words(sensor.register.to_bytes(4, "big"))

    def read(self, size: int, now: float) -> bytes:
        """The answer to the last question."""
        if self._sensor.asleep:
            raise not_acknowledged()
        return self._answer[:size].ljust(size, b"\xff")


def words(data: bytes) -> bytes:
    """Each two bytes with their CRC."""
    return b"".join(data[i : i + 2] + bytes((crc8(data[i : i + 2]),)) for i in range(0, len(data), 2))
