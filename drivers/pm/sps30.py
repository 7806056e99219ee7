"""Sensirion SPS30 on UART (pin SEL open): particles by laser scattering, 115200 8N1, 5 V supply, 3.3 V logic is enough.

Source: Sensirion SPS30 data sheet, v1.0, sections 4 and 5 (SHDLC). Host: 7E, address 00, command, length, data, checksum, 7E;
sensor: the same with a state byte before the length. 7E, 7D, 11 and 13 within are stuffed (7D, then the byte with bit 5
inverted), so the length of a frame varies. Checksum: low byte of the sum of all bytes between the flags before stuffing,
inverted. State 43 means "not allowed now": measuring already, or not yet. A reply to "read" without data: no new value.

What it cannot say: PM4 and PM10 are extrapolated from smaller sizes, dust and pollen are not seen. Field oddities: all zeros
with a right checksum if it was not started; masses of −0.0 beside a constant size from a defective unit; the first minute is
unsteady; its own weekly fan cleaning counts measuring time only, and from the start again after each loss of power.
"""

from collections.abc import Callable
from typing import Any

from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Faulted, Foreign, Garbled, WireError
from drivers.frames import Cut, expect_length
from drivers.pm import _sps30
from drivers.pm._sps30 import QUANTITIES, Settings
from drivers.sample import Kind, Sample

FLAG, ESCAPE = 0x7E, 0x7D
STUFFED = {0x5E: 0x7E, 0x5D: 0x7D, 0x31: 0x11, 0x33: 0x13}
START, STOP, READ, SLEEP, WAKE, CLEAN, INTERVAL, INFORMATION, VERSION, STATUS = 0, 1, 3, 0x10, 0x11, 0x56, 0x80, 0xD0, 0xD1, 0xD2
AS_FLOATS = b"\x01\x03"
SERIAL_NUMBER = b"\x03"
NOT_ALLOWED = 0x43
ERROR_BIT = 0x80
LONGEST = 2 * (4 + 40 + 1) + 2  # ten floats, every byte stuffed
TRIES, PAUSE = 8, 0.15  # until the next value, one a second

QUESTIONS = frozenset(
    bytes.fromhex(text)
    for text in (
        *("0000020103", "0000020105", "000100", "000300", "001000", "001100", "005600", "00800100", "00d00100", "00d00101"),
        *("00d00102", "00d00103", "00d100", "00d2020100", "00d20100", "00d20101", "00d300"),
    )
)
"""What a host says, without checksum: to be known when it is read back, as some have the length of a reply."""


def frame(command: int, data: bytes = b"") -> bytes:
    """A command, stuffed, between flags."""
    body = bytes((0, command, len(data))) + data
    body += bytes((~sum(body) & 0xFF,))
    stuffed = b"".join(bytes((ESCAPE, b ^ 0x20)) if b in (0x7E, 0x7D, 0x11, 0x13) else bytes((b,)) for b in body)
    return bytes((FLAG,)) + stuffed + bytes((FLAG,))


def split(buffer: bytes) -> Cut:
    """Whatever stands between two flags with a right checksum; a flag that ended a bad piece may begin a good one."""
    frames: list[bytes] = []
    rejected: WireError | None = None
    position = skipped = 0
    while True:
        begin = buffer.find(FLAG, position)
        if begin < 0:
            return Cut(tuple(frames), b"", skipped + len(buffer) - position, rejected)
        skipped += begin - position
        end = buffer.find(FLAG, begin + 1)
        if end < 0:
            kept = buffer[begin:] if len(buffer) - begin <= LONGEST else b""
            return Cut(tuple(frames), kept, skipped + len(buffer) - begin - len(kept), rejected)
        try:
            if end > begin + 1:
                _content(buffer[begin : end + 1])
                frames.append(buffer[begin : end + 1])
                position = end + 1
                continue
        except WireError as error:
            rejected = error
        skipped += end - begin
        position = end


def _content(frame: bytes) -> bytes:
    """Address to data of one frame: unstuffed, checksum tested and left out. Raises Garbled."""
    if frame[:1] != bytes((FLAG,)):
        raise Garbled("no flag", reason="header", raw=frame, expected="7e", got=frame[:1].hex())
    if len(frame) < 6 or frame[-1] != FLAG:
        raise Garbled("no whole frame", reason="truncated", raw=frame)
    body = frame[1:-1]
    if FLAG in body:
        raise Garbled("a flag within", reason="header", raw=frame)
    if ESCAPE in body:
        first, *pieces = body.split(bytes((ESCAPE,)))
        if any(not piece or piece[0] not in STUFFED for piece in pieces):
            raise Garbled("wrong stuffing", reason="checksum", raw=frame)
        body = first + b"".join(bytes((STUFFED[piece[0]],)) + piece[1:] for piece in pieces)
    if len(body) < 4:
        raise Garbled("too few bytes", reason="truncated", raw=frame, expected="4", got=str(len(body)))
    expected = ~sum(body[:-1]) & 0xFF
    if expected != body[-1]:
        raise Garbled("checksum", raw=frame, expected=f"0x{expected:02x}", got=f"0x{body[-1]:02x}")
    return body[:-1]


def decode(frame: bytes, _settings: Any) -> Sample:
    """A reply: ten values, or what else was asked. Raises Garbled, or Foreign for our own question or another address."""
    content = _content(frame)
    if content in QUESTIONS or content.startswith(b"\x00\x80\x05"):
        raise Foreign("our own question came back", reason="echo", raw=frame)
    if content[0]:
        raise Foreign("another address", raw=frame, expected="0", got=str(content[0]))
    expect_length(content, 4 + content[3] if len(content) > 3 else 4)
    command, state, data = content[1], content[2], content[4:]
    said: dict[str, int | float | str] = {"command": command, "state": state & ~ERROR_BIT}
    if state & ERROR_BIT:
        said["device_error"] = 1
    if command == READ:
        return _reading(data, state, said)
    if state & ~ERROR_BIT not in (0, NOT_ALLOWED):
        return Sample({}, status=said, reason="device_fault", kind=Kind.ACKNOWLEDGEMENT)
    return _said(command, data, said)


def _reading(data: bytes, state: int, said: dict[str, int | float | str]) -> Sample:
    if state & ~ERROR_BIT == NOT_ALLOWED:
        return Sample({}, status=said, reason="not_started")
    if state:
        return Sample({}, status=said, reason="device_fault")
    if not data:
        return Sample({}, status=said, reason="warm_up")
    found = _sps30.measurement(data)
    return Sample(found.values, found.fields, said, found.reason)


def _said(command: int, data: bytes, said: dict[str, int | float | str]) -> Sample:
    """What it tells of itself, or that it obeyed."""
    if command == INFORMATION and data:
        text = data.split(b"\0")[0].decode("ascii", "replace")
        return Sample({}, status={**said, "text": text}, kind=Kind.IDENTITY)
    if command == VERSION and len(data) == 7:
        versions: dict[str, int | float | str] = {
            "firmware": f"{data[0]}.{data[1]}",
            "hardware": data[3],
            "protocol": f"{data[5]}.{data[6]}",
        }
        return Sample({}, status={**said, **versions}, kind=Kind.IDENTITY)
    if command == STATUS and len(data) == 5:
        return Sample({}, status={**said, **_sps30.register(int.from_bytes(data[:4], "big"))}, kind=Kind.IDENTITY)
    if command == INTERVAL and len(data) == 4:
        said["interval"] = int.from_bytes(data, "big")
    return Sample({}, status=said, kind=Kind.ACKNOWLEDGEMENT)


def _replies(command: int) -> Callable[[bytes], Cut]:
    """`split` for the replies to one command: two replies can sit in one buffer."""

    def chosen(buffer: bytes) -> Cut:
        return split(buffer).only(lambda one: _content(one)[1] == command)

    return chosen


def _ask(port: StreamPort, command: int, data: bytes = b"") -> Sample:
    """A command's reply. Raises a wire error."""
    port.send(frame(command, data))
    return decode(port.receive(_replies(command)), None)


def read(port: StreamPort, _environment: Environment, _settings: Settings) -> Sample:
    """The next value, one a second; a sensor that has lost its power is started again. Raises a wire error."""
    for _ in range(TRIES):
        found = _ask(port, READ)
        if found.reason != "warm_up":
            break
        port.pause(PAUSE)
    if found.reason == "not_started":
        _ask(port, START, AS_FLOATS)
    if found.status.get("device_error"):
        status = _ask(port, STATUS, b"\x00").status
        return Sample({}, status={**found.status, **status}, reason="device_fault")
    return found


def begin(port: StreamPort, settings: Settings) -> None:
    """Wake it, start it (state 43: it measures already), see to its cleaning. Raises a wire error."""
    wake(port, settings)
    if _ask(port, INTERVAL, b"\x00").status.get("interval") != settings.cleaning_interval:
        _ask(port, INTERVAL, b"\x00" + settings.cleaning_interval.to_bytes(4, "big"))
    if settings.clean_at_start:
        clean(port, settings)


def clean(port: StreamPort, _settings: Settings) -> None:
    """Start blowing the fan clean, which takes 10 s. Raises a wire error."""
    _ask(port, CLEAN)


def identify(port: StreamPort, _settings: Settings) -> str:
    """The serial number. Raises a wire error."""
    return str(_ask(port, INFORMATION, SERIAL_NUMBER).status.get("text", ""))


def wake(port: StreamPort, _settings: Settings) -> None:
    """Leave sleep (FF wakes the line, the command the sensor; older firmware does not know it) and measure."""
    port.send(b"\xff" + frame(WAKE))
    port.pause(0.05)
    started = _ask(port, START, AS_FLOATS)
    if started.reason:
        raise Faulted(f"it does not start: state {started.status['state']}")


def sleep(port: StreamPort, _settings: Settings) -> None:
    """Stop fan and laser, then sleep; older firmware stays idle instead. Raises a wire error."""
    _ask(port, STOP)
    _ask(port, SLEEP)


DRIVERS = (
    Driver(
        name="sps30",
        title="Sensirion SPS30 particle sensor (UART)",
        zh="盛思锐 SPS30 颗粒物传感器（UART）",
        port="uart",
        page=Page(
            source="Sensirion SPS30 data sheet, v1.0",
            published=True,
            wiring=(("1 VDD", "5V"), ("2 RX", "TXD"), ("3 TX", "RXD"), ("4 SEL", "OPEN"), ("5 GND", "GND")),
            supply=(
                "5 V (4.5 to 5.5), 55 to 80 mA; signals 5 V tolerant, 3.3 V is enough",
                "5 V（4.5～5.5），55～80 mA；信号容忍 5 V，3.3 V 即可",
            ),
            faults=(
                (
                    "silence: SEL was tied to GND at power-up (then it is on I2C: use sps30_i2c)",
                    "无应答：上电时 SEL 接地（此时为 I2C，应用 sps30_i2c）",
                ),
                ("device fault: fan blocked or laser dead, see the register", "设备故障：风扇堵转或激光失效，见状态寄存器"),
                (
                    "reads lower over months with `sleep = true`: fan dirty; shorten cleaning_interval by the share measured",
                    "间歇工作（sleep = true）数月后读数渐低：风扇积灰；按测量时间占比缩短 cleaning_interval",
                ),
            ),
            cannot=(
                "coarse dust: PM4 and PM10 are extrapolated from smaller sizes",
                "粗颗粒：PM4、PM10 由小粒径外推",
            ),
        ),
        quantities=QUANTITIES,
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        identify=identify,
        clean=clean,
        sleep=sleep,
        wake=wake,
        settings=Settings,
        defaults={"baud": 115200},
        interval=1.0,
        least_interval=1.0,
        deadline=1.0,
        warm_up=30.0,
    ),
)
