"""BSWA 308 and 309 sound level meters: LAeq, LAFmax, LAFmin, percentiles over RS-232 or USB, 9600 8N1.

Source: BSWA 308/309 user manual, chapter RS-232, as public readers use it (likely, not checked on the device). A block is
`STX 01 'C' text ETX BCC CR LF` from the host and with 'A' instead of 'C' from the meter; BCC is the XOR from STX to ETX, both
included. `LEQ` asks for the equivalent level, `DSL7 1 ?` for the displayed one, `LN1 ?` to `LN5 ?` for percentiles, `STA1`
starts and `STA0` stops the measurement, `STA?` asks. Values are decimal text separated by commas, the last field is the
status.

What it cannot say: its calibration; the microphone's sensitivity is set on the meter. Field oddity: after power-on it waits for
`STA1`; until then levels are those of before.
"""

from dataclasses import dataclass, field
from functools import reduce
from operator import xor

from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Foreign, Garbled
from drivers.frames import Cut, cut
from drivers.sample import Kind, Sample

STX, ETX = 0x02, 0x03
HEADER = b"\x02\x01"
HOST, METER = ord("C"), ord("A")
LONGEST = 96


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked for; which of the meter's percentile channels hold which percentile."""

    command: str = field(default="LEQ", metadata={"help": "the question for the level", "pattern": r"[A-Z0-9 ?]{1,16}"})


def block(text: str, sender: int = HOST) -> bytes:
    """A whole block around `text`."""
    body = bytes((STX, 0x01, sender)) + text.encode("ascii") + bytes((ETX,))
    return body + bytes((reduce(xor, body),)) + b"\r\n"


def split(buffer: bytes) -> Cut:
    """Whole blocks with a right BCC, the host's own included (to be known as such)."""
    return cut(buffer, HEADER, _length, _check)


def _length(buffer: bytes) -> int:
    end = buffer.find(bytes((ETX,)), 3)
    if end < 0:
        if len(buffer) > LONGEST:
            raise Garbled("no end", reason="length", raw=buffer[:16], expected=f"ETX within {LONGEST} bytes", got="none")
        return 0
    return end + 4


def _check(frame: bytes) -> None:
    expected, got = reduce(xor, frame[:-3]), frame[-3]
    if frame[2] not in (HOST, METER):
        raise Garbled("neither host nor meter", reason="header", raw=frame, expected="'A' or 'C'", got=repr(frame[2:3]))
    if expected != got or frame[-2:] != b"\r\n":
        raise Garbled("BCC", raw=frame, expected=f"0x{expected:02x} CR LF", got=frame[-3:].hex())


def decode(frame: bytes, _settings: Settings) -> Sample:
    """One block: the first number is the level in dB(A). Raises Garbled, or Foreign for our own question."""
    if len(frame) < 7:
        raise Garbled("too short", reason="truncated", raw=frame, expected="7 or more", got=str(len(frame)))
    if not frame.startswith(HEADER):
        raise Garbled("no block", reason="header", raw=frame, expected=HEADER.hex(), got=frame[:2].hex())
    size = _length(frame)
    if size != len(frame):
        reason = "truncated" if size == 0 or size > len(frame) else "length"
        raise Garbled("wrong length", reason=reason, raw=frame, expected=str(size), got=str(len(frame)))
    _check(frame)
    if frame[2] == HOST:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    text = frame[3:-4].decode("ascii", "replace").strip()
    words = [word.strip() for word in text.split(",")]
    number = _number(words[0].split()[-1] if words[0] else "")
    if number is None:
        return Sample({}, status={"answer": text}, kind=Kind.ACKNOWLEDGEMENT)
    status: dict[str, int | float | str] = {"status": words[-1]} if len(words) > 1 else {}
    return Sample({"laeq": number}, status=status)


def _number(text: str) -> float | None:
    """A decimal number, None for anything else."""
    whole, point, rest = text.removeprefix("-").partition(".")
    return float(text) if whole.isdecimal() and (not point or rest.isdecimal()) and text.isascii() else None


def begin(port: StreamPort, _settings: Settings) -> None:
    """Start measuring. Raises a wire error."""
    port.send(block("STA1"))
    port.receive(split)


def read(port: StreamPort, _environment: Environment, settings: Settings) -> Sample:
    """Ask for the level. Raises a wire error."""
    port.send(block(settings.command))
    return decode(port.receive(split), settings)


DRIVERS = (
    Driver(
        name="bswa308",
        title="BSWA 308 / 309 sound level meter",
        zh="声望 BSWA 308 / 309 声级计",
        port="uart",
        page=Page(
            source="BSWA 308/309 user manual, chapter RS-232, as public readers use it",
            published=False,
            wiring=(("USB", "USB"),),
            supply=(
                "own supply; RS-232 needs an adapter, never straight to the Pi's pins",
                "自带电源；RS-232 须经转换器，不可直接接树莓派引脚",
            ),
            faults=(
                (
                    "same level for ever: it is stopped; the driver sends STA1 at the start",
                    "数值不变：仪器处于停止状态，驱动启动时会发送 STA1",
                ),
                (
                    "answers without a number: set `command` as the meter's manual names the question",
                    "应答无数值：按说明书修改 command",
                ),
            ),
            cannot=("its calibration: that is set on the meter", "不提供校准信息，校准在仪器上进行"),
        ),
        quantities=("laeq",),
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        settings=Settings,
        defaults={"baud": 9600},
        interval=1.0,
        least_interval=0.5,
        deadline=1.0,
        warm_up=2.0,
        resolution={"laeq": 0.1},
        confidence="likely",
    ),
)
