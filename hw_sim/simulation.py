"""A running scenario: every line with its instruments and faults. A context manager; also the body of the process."""

import errno
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hw_sim.instruments import INSTRUMENTS, Chip, Pin, Talker, Tool, Unit
from hw_sim.line import FAULTS, Fault, Faults, Parts, crc16
from hw_sim.ports.gpio import GpioServer
from hw_sim.ports.i2c import I2CServer
from hw_sim.ports.modbus_tcp import ModbusTcpServer
from hw_sim.ports.program import ProgramServer
from hw_sim.ports.pty import PtyLine, Tap
from hw_sim.scenario import Line, Scenario
from hw_sim.world import World

TURNAROUND = 0.008
"""s that a Modbus device thinks before it answers."""

SHORT = {0x11: 4, 0x2B: 7}
"""Bytes of the requests that carry no address: report server id, read device identification."""


Port = PtyLine | I2CServer | ModbusTcpServer | GpioServer | ProgramServer


class _Running:
    """One line: the port, its instruments, its faults, its counts."""

    def __init__(self, line: Line, scenario: Scenario, folder: Path, seed: int) -> None:
        self.line = line
        self.faults = Faults(seed)
        self.counts: dict[str, int] = {}
        self._begin = time.monotonic()
        self._offset = scenario.start * scenario.day / 24
        self._speed = scenario.speed
        self.world = World(scenario.seed, scenario.day)
        made = [(one, INSTRUMENTS[one.model](self.world, {**one.settings, "unit": one.address})) for one in line.instruments]
        self._by_address = {one.address: (one.model, device) for one, device in made}
        self._buffer = b""
        self._tap: Tap = lambda direction, data: None
        self.cut: Callable[[str], None] = lambda line: None
        self.port: Port = self._make(folder)

    def _make(self, folder: Path) -> Port:
        match self.line.kind:
            case "uart":
                return PtyLine(folder / self.line.name, self.line.baud, self._hear_uart, self._due_uart)
            case "modbus_rtu":
                return PtyLine(folder / self.line.name, self.line.baud, self._hear_rtu, list)
            case "i2c":
                return I2CServer(folder / f"{self.line.name}.sock", self._transact)
            case "gpio":
                return GpioServer(folder / f"{self.line.name}.sock", self._pin)
            case "program":
                return ProgramServer(folder / self.line.name, self._program)
        return ModbusTcpServer(self._answer_tcp)

    def listen(self, tap: Tap) -> None:
        """Show every byte of the line to `tap`."""
        self._tap = tap
        if isinstance(self.port, PtyLine):
            self.port.tap = tap

    @property
    def address(self) -> str:
        """What the station's configuration calls the port."""
        if isinstance(self.port, ModbusTcpServer):
            return f"tcp://127.0.0.1:{self.port.port}"
        return str(self.port.path) if isinstance(self.port, PtyLine | ProgramServer) else f"unix:{self.port.path}"

    def _now(self) -> float:
        return (time.monotonic() - self._begin) * self._speed + self._offset

    def _count(self, model: str) -> None:
        self.counts[model] = self.counts.get(model, 0) + 1

    def _due_uart(self) -> Parts:
        model, talker = self._by_address[1]
        assert isinstance(talker, Talker)
        frame = talker.due(self._now())
        return self._bent(model, frame, b"", crc=False) if frame else []

    def _hear_uart(self, data: bytes) -> Parts:
        model, talker = self._by_address[1]
        assert isinstance(talker, Talker)
        reply = talker.hear(data, self._now())
        return self._bent(model, reply, data, crc=False) if reply else []

    def _hear_rtu(self, data: bytes) -> Parts:
        """Whole requests out of what came; every device hears them all, the one that is meant answers."""
        self._buffer = (self._buffer + data)[-512:]
        parts: Parts = []
        while (size := _request_size(self._buffer)) and len(self._buffer) >= size:
            request = self._buffer[:size]
            if crc16(request[:-2]) != request[-2:]:
                self._buffer = self._buffer[1:]
                continue
            self._buffer = self._buffer[size:]
            model, reply = self._reply_rtu(request[0], request[1:-2])
            if reply is not None:
                body = bytes((request[0],)) + reply
                parts += self._bent(model, body + crc16(body), request, crc=True)
        return parts

    def _reply_rtu(self, unit: int, pdu: bytes) -> tuple[str, bytes | None]:
        """Whose reply and what; several devices that share a universal address talk at once, which nobody can read."""
        if unit in self._by_address:
            return self._by_address[unit][0], self._reply(unit, pdu)
        shared = [one for one, (_, device) in self._by_address.items() if isinstance(device, Unit) and device.universal == unit]
        replies = [(self._by_address[one][0], reply) for one in shared if (reply := self._reply(one, pdu)) is not None]
        if len(replies) < 2:
            return replies[0] if replies else ("", None)
        return replies[0][0], bytes(map(int.__and__, replies[0][1], replies[1][1]))[:-1]

    def _reply(self, unit: int, pdu: bytes) -> bytes | None:
        if unit not in self._by_address:
            return None
        model, device = self._by_address[unit]
        assert isinstance(device, Unit)
        self._count(model)
        return device.answer(pdu, self._now())

    def _answer_tcp(self, unit: int, pdu: bytes) -> bytes | None:
        self._tap(">", bytes((unit,)) + pdu)
        reply = self._bent_tcp(unit, pdu)
        if reply is not None:
            self._tap("<", bytes((unit,)) + reply)
        return reply

    def _bent_tcp(self, unit: int, pdu: bytes) -> bytes | None:
        model = self._by_address.get(unit, ("", None))[0]
        kind = self.faults.kind(model, time.monotonic())
        if kind in ("silence", "unplug"):
            return None
        reply = self._reply(unit, pdu)
        if kind == "late":
            time.sleep(1.7)
        if reply is not None and kind == "wrong_function":
            return bytes((reply[0] ^ 0x07,)) + reply[1:]
        if reply is not None and kind == "wrong_count" and reply[0] <= 0x04 and reply[1] >= 2:
            return bytes((reply[0], reply[1] - 2)) + reply[2:-2]
        return reply

    def _bent(self, model: str, reply: bytes, question: bytes, crc: bool) -> Parts:
        if not crc:
            self._count(model)
        kind = self.faults.kind(model, time.monotonic())
        parts = self.faults.bend(kind, reply, question, crc)
        return [(TURNAROUND if crc else 0.0, b""), *parts]

    def _pin(self, verb: str, line: int, high: bool) -> bytes:
        self._tap(">", f"{verb}{line}{f' {high:d}' if verb == 'w' else ''}".encode())
        answer = self._answer_pin(verb, line, high)
        if answer:
            self._tap("<", answer)
        return answer

    def _answer_pin(self, verb: str, line: int, high: bool) -> bytes:
        """What a GPIO line answers; b"" if the chip has gone."""
        model, pin = self._by_address.get(line, ("", None))
        if self.faults.kind(model, time.monotonic()) in ("silence", "unplug"):
            return b""
        if pin is None:
            return {"r": b"1", "p": b"0", "w": b"ok"}[verb]
        assert isinstance(pin, Pin)
        self._count(model)
        if verb == "r":
            return b"1" if pin.level(self._now()) else b"0"
        if verb == "p":
            return b"%d" % pin.pulses(self._now())
        self.cut(pin.drive(high, self._now()))
        return b"ok"

    def _program(self, words: list[str]) -> tuple[str, str] | None:
        """What a program says, None while it hangs."""
        ((model, tool),) = self._by_address.values()
        assert isinstance(tool, Tool)
        self._tap(">", " ".join(words).encode())
        kind = self.faults.kind(model, time.monotonic())
        if kind == "silence":
            return None
        self._count(model)
        said = ("", "error: couldn't find modem") if kind == "unplug" else tool.run(words, self._now())
        self._tap("<", "".join(said).encode())
        return said

    def _transact(self, address: int, write: bytes, read: int) -> bytes:
        self._tap(">", bytes((address,)) + write)
        answer = self._bent_i2c(address, write, read)
        if answer:
            self._tap("<", answer)
        return answer

    def _bent_i2c(self, address: int, write: bytes, read: int) -> bytes:
        model, chip = self._by_address.get(address, ("", None))
        kind = self.faults.kind(model, time.monotonic())
        if kind == "stuck_bus":
            raise OSError(errno.ETIMEDOUT, "the bus is held low")
        if chip is None or kind in ("not_acknowledged", "silence", "unplug"):
            raise OSError(errno.EREMOTEIO, "no acknowledge")
        assert isinstance(chip, Chip)
        now = self._now()
        if write:
            chip.write(write, now)
        if not read:
            return b""
        self._count(model)
        answer = chip.read(read, now)
        if kind == "all_ones":
            return b"\xff" * read
        return answer[:-1] + bytes((answer[-1] ^ 0x5A,)) if kind == "wrong_checksum" else answer


def _request_size(buffer: bytes) -> int:
    """Length of the Modbus request that begins the buffer, 0 if it cannot be told yet."""
    function = buffer[1] if len(buffer) > 1 else 0
    if function in SHORT:
        return SHORT[function]
    if len(buffer) < 8:
        return 0
    return 9 + buffer[6] if function in (0x0F, 0x10) else 8


class Simulation:
    """A scenario that runs while the `with` block does; `ports` is line → address for the station's configuration."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self._lines = {
            line.name: _Running(line, scenario, folder, scenario.seed + index) for index, line in enumerate(scenario.lines)
        }
        for running in self._lines.values():
            running.cut = self._cut
        self._timers = [
            threading.Timer(one.at, self.fault, (one.line, one.kind, one.seconds, one.instrument, one.count))
            for one in scenario.faults
        ]

    @property
    def ports(self) -> dict[str, str]:
        """Line → what stands as `port` in the station's configuration."""
        return {name: running.address for name, running in self._lines.items()}

    def __enter__(self) -> "Simulation":
        for running in self._lines.values():
            running.port.start()
        for timer in self._timers:
            timer.daemon = True
            timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        for timer in self._timers:
            timer.cancel()
        for running in self._lines.values():
            running.port.stop()

    def fault(self, line: str, kind: str, seconds: float = 1e9, instrument: str = "", count: int = -1) -> None:
        """From now on for `seconds` s, or `count` replies. "unplug" of a pty is real; "replug" and "clear" end it."""
        if kind not in (*FAULTS, "replug", "clear"):
            raise ValueError(f"there is no fault {kind!r}; known: {', '.join(FAULTS)}, replug, clear")
        running = self._lines[line]
        port = running.port
        if kind == "unplug" and isinstance(port, PtyLine):
            port.unplug()
            if seconds < 1e8:
                timer = threading.Timer(seconds, port.plug)
                timer.daemon = True
                timer.start()
        elif kind in ("replug", "clear"):
            running.faults.clear()
            if isinstance(port, PtyLine):
                port.plug()
        else:
            running.faults.add(Fault(kind, time.monotonic() + seconds, instrument, count))

    def hold(self, truths: Mapping[str, float]) -> None:
        """Put these values in the place of what the world has; those that were held before are free again."""
        for running in self._lines.values():
            running.world.held = dict(truths)

    def _cut(self, line: str) -> None:
        """A line loses its power for a moment: its faults are gone."""
        if line in self._lines:
            self._lines[line].faults.clear()

    def listen(self, tap: Callable[[str, str, bytes], None]) -> None:
        """Show everything that travels: `tap(line, direction, bytes)` is called in the lines' own threads."""
        for name, running in self._lines.items():
            running.listen(partial(tap, name))

    def stats(self) -> dict[str, Any]:
        """Replies and frames by line and model."""
        return {name: dict(running.counts) for name, running in self._lines.items()}
