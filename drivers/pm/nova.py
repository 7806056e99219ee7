"""Nova Fitness SDS011 (also SDS018, SDS021) and SDS198: particles by laser scattering, UART 9600 8N1, 5 V, 3.3 V logic.

Source: Nova Fitness, Laser Dust Sensor Control Protocol, v1.3; SDS011 specification, v1.3; SDS198 specification.
Measurement, 10 bytes: AA C0, PM2.5 × 10 and PM10 × 10 (µg/m³, low byte first), two bytes of device id, low byte of the sum of
the six bytes before, AB. An SDS198 sends AA CF, one word that is not published, total suspended particles in µg/m³. Command,
19 bytes: AA B4, number, 12 arguments, device id (FF FF: any), sum, AB; its reply is AA C5, but a query's is a measurement.

What it cannot say: PM1, counts; which model an SDS011, SDS018 or SDS021 is. Field oddities: it over-reads above 70 % relative
humidity; 0 and 0 come after a start and, with some firmware, to queries until one frame was sent unasked: no clean air;
its first bytes after waking can be garbage; asleep it hears nothing but the command to wake; the laser lives 8000 h.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from drivers.driver import Driver, Environment, Page, StreamPort, Terminal, Text
from drivers.errors import Foreign, Garbled, NoAnswer
from drivers.frames import Cut, cut, expect_length
from drivers.sample import Kind, Sample

HEAD, TAIL = 0xAA, 0xAB
FRAME_SIZE, COMMAND_SIZE = 10, 19
MEASUREMENT, TSP_MEASUREMENT, REPLY, COMMAND = 0xC0, 0xCF, 0xC5, 0xB4
REPORT_MODE, QUERY, DEVICE_ID, WORK, FIRMWARE, PERIOD = 2, 4, 5, 6, 7, 8
ASK, SET = 0, 1
FULL_SCALE = 0xFFFF  # far above its 999.9 µg/m³: a fault, no dust
SETTLE = 0.2  # s after waking; its first bytes can be garbage


@dataclass(frozen=True, slots=True)
class Settings:
    """Whether the sensor speaks by itself or is asked."""

    mode: str = field(
        default="active",
        metadata={"help": "active: it speaks by itself; query: it is asked for each frame", "choices": ("active", "query")},
    )


def command(number: int, *arguments: int) -> bytes:
    """A command to any device."""
    body = bytes((number, *arguments)).ljust(13, b"\0") + b"\xff\xff"
    return bytes((HEAD, COMMAND)) + body + bytes((sum(body) & 0xFF, TAIL))


def _split(measurement: int) -> Callable[[bytes], Cut]:
    """Measurements of one model, replies and our own commands (to be known as such) out of a stream."""

    def length(buffer: bytes) -> int:
        if len(buffer) < 2:
            return 0
        if buffer[1] == COMMAND:
            return COMMAND_SIZE
        if buffer[1] not in (measurement, REPLY):
            raise Garbled("another frame", reason="header", raw=buffer[:2], expected=f"aa{measurement:02x}", got=buffer[:2].hex())
        return FRAME_SIZE

    return lambda buffer: cut(buffer, bytes((HEAD,)), length, _check)


def _check(frame: bytes) -> None:
    if frame[-1] != TAIL:
        raise Garbled("no end", reason="header", raw=frame, expected=f"{TAIL:02x}", got=f"{frame[-1]:02x}")
    expected, got = sum(frame[2:-2]) & 0xFF, frame[-2]
    if expected != got:
        raise Garbled("sum", raw=frame, expected=f"0x{expected:02x}", got=f"0x{got:02x}")


def _decode(frame: bytes, measurement: int) -> tuple[int, int] | Sample:
    """The two words of a measurement, or what else the frame is. Raises Garbled, or Foreign for our own command."""
    if frame[:1] != bytes((HEAD,)):
        raise Garbled("no frame", reason="header", raw=frame, expected=f"{HEAD:02x}", got=frame[:1].hex())
    if len(frame) < 2:
        raise Garbled("no frame", reason="truncated", raw=frame, expected=str(FRAME_SIZE), got=str(len(frame)))
    if frame[1] == COMMAND:
        expect_length(frame, COMMAND_SIZE)
        _check(frame)
        raise Foreign("our own command came back", reason="echo", raw=frame)
    if frame[1] not in (measurement, REPLY):
        raise Garbled("another frame", reason="header", raw=frame, expected=f"aa{measurement:02x}", got=frame[:2].hex())
    expect_length(frame, FRAME_SIZE)
    _check(frame)
    return _reply(frame) if frame[1] == REPLY else (frame[2] | frame[3] << 8, frame[4] | frame[5] << 8)


def _reply(frame: bytes) -> Sample:
    status: dict[str, int | float | str] = {"command": frame[2], "device_id": frame[6:8].hex()}
    if frame[2] == FIRMWARE:
        firmware = f"20{frame[3]:02d}-{frame[4]:02d}-{frame[5]:02d}"
        return Sample({}, status={**status, "firmware": firmware}, kind=Kind.IDENTITY)
    name = {REPORT_MODE: "query_mode", WORK: "working", PERIOD: "period"}.get(frame[2])
    if name:
        status |= {"set": frame[3], name: frame[4]}
    return Sample({}, status=status, kind=Kind.ACKNOWLEDGEMENT)


def decode(frame: bytes, _settings: Any) -> Sample:
    """An SDS011's frame: PM2.5 and PM10 in µg/m³. Raises Garbled or Foreign."""
    found = _decode(frame, MEASUREMENT)
    if isinstance(found, Sample):
        return found
    status: dict[str, int | float | str] = {"device_id": frame[6:8].hex()}
    if found == (0, 0):
        return Sample({}, status=status, reason="warm_up")
    values = {key: word / 10 for key, word in zip(("pm25", "pm10"), found, strict=True) if word != FULL_SCALE}
    fields = {key: "sentinel" for key in ("pm25", "pm10") if key not in values}
    return Sample(values, fields, status, "" if values else "sentinel")


def decode_tsp(frame: bytes, _settings: Any) -> Sample:
    """An SDS198's frame: total suspended particles in µg/m³. Raises Garbled or Foreign."""
    found = _decode(frame, TSP_MEASUREMENT)
    if isinstance(found, Sample):
        return found
    status: dict[str, int | float | str] = {"device_id": frame[6:8].hex(), "unpublished": found[0]}
    if not found[1]:
        return Sample({}, status=status, reason="warm_up")
    if found[1] == FULL_SCALE:
        return Sample({}, {"tsp": "sentinel"}, status, "sentinel")
    return Sample({"tsp": float(found[1])}, status=status)


split = _split(MEASUREMENT)
split_tsp = _split(TSP_MEASUREMENT)


def _only(kind: int, number: int = -1) -> Callable[[bytes], Cut]:
    """`split` for frames of one kind, of one command's reply if `number` is given; our own commands stay."""
    return lambda buffer: split(buffer).only(lambda f: f[1] == COMMAND or (f[1] == kind and number in (-1, f[2])))


_measurements = _only(MEASUREMENT)


def _ask(port: StreamPort, number: int, *arguments: int) -> Sample:
    """A command's reply. Raises a wire error."""
    port.send(command(number, *arguments))
    return decode(port.receive(_only(REPLY, number)), None)


def read(port: StreamPort, _environment: Environment, settings: Settings) -> Sample:
    """The newest measurement; asked for in query mode. Raises a wire error."""
    if settings.mode == "query":
        port.send(command(QUERY))
    return decode(port.receive(_measurements), settings)


def begin(port: StreamPort, settings: Settings) -> None:
    """Wake it, and set report mode and continuous work where they differ: both are kept in its flash. Raises PortLost."""
    wake(port, settings)
    wanted = {REPORT_MODE: int(settings.mode == "query"), PERIOD: 0}
    with suppress(NoAnswer, Garbled):  # wired one way it still speaks; if it does not, the reading says so
        for number, value in wanted.items():
            known = _ask(port, number, ASK).status
            if known["query_mode" if number == REPORT_MODE else "period"] != value:
                _ask(port, number, SET, value)


def identify(port: StreamPort, _settings: Settings) -> str:
    """Device id and date of the firmware. Raises a wire error."""
    status = _ask(port, FIRMWARE).status
    return f"{status['device_id']} {status['firmware']}"


def wake(port: StreamPort, _settings: Settings) -> None:
    """Start fan and laser. Raises PortLost."""
    port.send(command(WORK, SET, 1))
    port.pause(SETTLE)


def sleep(port: StreamPort, _settings: Settings) -> None:
    """Stop fan and laser. Raises PortLost."""
    port.send(command(WORK, SET, 0))


WIRING: tuple[tuple[str, Terminal], ...] = (
    ("1 NC", "OPEN"),
    ("2 1um", "OPEN"),
    ("3 5V", "5V"),
    ("4 2.5um", "OPEN"),
    ("5 GND", "GND"),
    ("6 R", "TXD"),
    ("7 T", "RXD"),
)
SUPPLY: Text = (
    "5 V (4.7 to 5.3), 70 mA, 4 mA asleep; signals 3.3 V, straight to the Pi",
    "5 V（4.7～5.3），70 mA，休眠 4 mA；信号 3.3 V，可直接接树莓派",
)
FOG: Text = ("too high above 70 % humidity: correct with humidity", "湿度高于 70 % 偏高：用湿度修正")
WORN: Text = (
    "the laser lives 8000 h, eleven months without a pause: use `sleep = true`",
    "激光寿命 8000 h，连续运行仅约 11 个月：应设 sleep = true",
)
ZEROS: Text = (
    "stays at warm-up: it sends only zeros; fan blocked, or laser worn out",
    "一直处于预热：仅发送 0；风扇受阻或激光失效",
)

DRIVERS = (
    Driver(
        name="sds011",
        title="Nova Fitness SDS011 particle sensor (also SDS018, SDS021)",
        zh="诺方 SDS011 颗粒物传感器（SDS018、SDS021 同）",
        port="uart",
        page=Page(
            source="Nova Fitness, Laser Dust Sensor Control Protocol, v1.3",
            published=True,
            wiring=WIRING,
            supply=SUPPLY,
            faults=(ZEROS, FOG, WORN),
            cannot=("PM1 and particle counts; whether it is an SDS018 or SDS021", "无 PM1 与颗粒计数；不能区分 SDS018、SDS021"),
        ),
        quantities=("pm25", "pm10"),
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        identify=identify,
        sleep=sleep,
        wake=wake,
        settings=Settings,
        defaults={"baud": 9600},
        interval=1.0,
        least_interval=1.0,
        deadline=2.5,
        warm_up=30.0,
        resolution={"pm25": 0.1, "pm10": 0.1},
    ),
    Driver(
        name="sds198",
        title="Nova Fitness SDS198 total dust sensor",
        zh="诺方 SDS198 总悬浮颗粒物（扬尘）传感器",
        port="uart",
        page=Page(
            source="Nova Fitness SDS198 specification",
            published=True,
            wiring=WIRING,
            supply=SUPPLY,
            faults=(
                ZEROS,
                FOG,
                ("the laser lives 8000 h: switch its supply off between measurements", "激光寿命 8000 h：测量间隙应断开其供电"),
            ),
            cannot=(
                "PM2.5 and PM10; it is only listened to, as its commands are not certain",
                "无 PM2.5、PM10；其命令未经证实，故只接收不发送",
            ),
        ),
        quantities=("tsp",),
        split=split_tsp,
        decode=decode_tsp,
        defaults={"baud": 9600},
        interval=1.0,
        least_interval=1.0,
        deadline=2.5,
        warm_up=30.0,
        resolution={"tsp": 1.0},
    ),
)
