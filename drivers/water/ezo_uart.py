"""Atlas Scientific EZO circuits (pH, ORP, dissolved oxygen, conductivity, temperature) on a UART, as they come from the factory.

Source: Atlas Scientific EZO data sheets (pH v5, ORP v5, DO v6, EC v6, RTD v2), chapter UART mode: 9600 8N1, commands end with
CR; an answer is its text and `*OK`, each with CR, or `*ER` for a command that is not known. `C,0` ends the continuous mode of
the factory setting, in which a number comes each second. `*RS` reset, `*RE` ready, `*SL` sleep, `*WA` awake, `*UV` supply too
low, `*OV` too high come by themselves. `T,xx.x` before each reading compensates the temperature and is forgotten at power-off.
One frame is everything up to `*OK` or `*ER`; there is no checksum.

What it cannot say: whether the electrode is in the water. Field oddities: EC and DO circuits may send several comma-separated
fields, of which the first is meant; response codes that somebody has switched off (`*OK,0`) leave answers without an end.
"""

from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Faulted, Foreign, Garbled
from drivers.frames import Cut
from drivers.sample import Kind, Sample
from drivers.water._ezo import READ_WAITS, Settings, compensated, measures, said

LONGEST = 256
OK, ERROR = b"*OK", b"*ER"
SUPPLY = {b"*UV": "low_supply", b"*OV": "device_fault"}
CODES = (b"*RS", b"*RE", b"*SL", b"*WA", *SUPPLY)
COMMANDS = (b"R", b"I", b"C,0")
"""Ours; only a wire between TX and RX brings them back."""


def split(buffer: bytes) -> Cut:
    """Answers, each up to its `*OK` or `*ER`."""
    frames: list[bytes] = []
    begin = position = 0
    while (end := buffer.find(b"\r", position)) >= 0:
        line = buffer[position:end].strip()
        position = end + 1
        if line in (OK, ERROR):
            frames.append(buffer[begin:position])
            begin = position
    if len(buffer) - begin > LONGEST:
        return Cut(tuple(frames), b"", len(buffer) - begin)
    return Cut(tuple(frames), buffer[begin:])


def decode(frame: bytes, settings: Settings) -> Sample:
    """One answer. Raises Garbled, or Foreign for our own command."""
    lines = [line for line in frame.replace(b"\n", b"").split(b"\r") if line]
    texts = [line for line in lines if not line.startswith(b"*") and not _ours(line)]
    if lines and not texts and all(map(_ours, lines)):
        raise Foreign("our own command came back", reason="echo", raw=frame)
    if not lines or lines[-1] not in (OK, ERROR) or not frame.endswith(b"\r"):
        got = repr(lines[-1][:12]) if lines else "nothing"
        raise Garbled("the answer has no end", reason="truncated", raw=frame, expected="*OK", got=got)
    strange = [line for line in lines if not _printable(line) or (line.startswith(b"*") and line not in (OK, ERROR, *CODES))]
    if strange:
        raise Garbled("no text of a circuit", reason="header", raw=frame, expected="ASCII", got=repr(strange[0][:12]))
    if lines[-1] == ERROR:
        return Sample({}, status={"answer": ERROR.decode()}, reason="device_fault")
    found = (
        said(texts[-1].decode("ascii"), settings) if texts else Sample({}, status={"answer": "*OK"}, kind=Kind.ACKNOWLEDGEMENT)
    )
    against = next((reason for code, reason in SUPPLY.items() if code in lines), "")
    if against and found.kind is Kind.DATA:
        return Sample({}, {settings.quantity: against}, found.status, against)
    return found


def _ours(line: bytes) -> bool:
    return line.upper() in COMMANDS or line.upper().startswith(b"T,")


def _printable(line: bytes) -> bool:
    return all(0x20 <= byte < 0x7F for byte in line)


def _ask(port: StreamPort, command: str, settings: Settings) -> Sample:
    """One command and its answer. Raises a wire error."""
    port.send(command.encode("ascii") + b"\r")
    answer = port.receive(split)
    found = decode(answer, settings)
    if found.reason == "device_fault":
        raise Faulted("it does not know this command", raw=answer)
    return found


def begin(port: StreamPort, settings: Settings) -> None:
    """End the continuous mode. Raises a wire error."""
    _ask(port, "C,0", settings)


def read(port: StreamPort, environment: Environment, settings: Settings) -> Sample:
    """One measurement, compensated by the water temperature of the same station if there is one. Raises a wire error."""
    warm = environment.get("water_temperature") if settings.quantity != "water_temperature" else None
    if warm is not None:
        _ask(port, f"T,{warm:.2f}", settings)
    return compensated(_ask(port, "R", settings), warm)


def identify(port: StreamPort, settings: Settings) -> str:
    """Model and firmware, "?i,pH,1.98". Raises a wire error."""
    return str(_ask(port, "i", settings).status.get("answer", ""))


DRIVERS = (
    Driver(
        name="ezo_uart",
        title="Atlas Scientific EZO circuit on a UART (pH, ORP, DO, EC, RTD)",
        zh="Atlas Scientific EZO 模块（UART；pH、ORP、溶解氧、电导率、温度）",
        port="uart",
        page=Page(
            source="Atlas Scientific EZO data sheets: pH v5, ORP v5, DO v6, EC v6, RTD v2, chapter UART mode",
            published=False,
            wiring=(("VCC", "5V"), ("GND", "GND"), ("TX / SDA", "RXD"), ("RX / SCL", "TXD")),
            supply=(
                "3.3 to 5 V, 20 mA; with 5 V its TX is 5 V: supply it with 3.3 V, or put a level shifter in between",
                "3.3～5 V，20 mA；5 V 供电时 TX 为 5 V 电平：改用 3.3 V 供电或加电平转换",
            ),
            faults=(
                ("no answer: it is in I2C mode (blue LED): use `ezo`", "无应答：处于 I2C 模式（蓝灯），改用 ezo"),
                ("answers without an end: response codes are off; send `*OK,1` once", "应答无结尾：响应码已关闭，发送一次 *OK,1"),
                ("low_supply: it reports *UV; measure VCC under load", "low_supply：模块报告 *UV，带载测量 VCC"),
            ),
            cannot=("whether the electrode is in the water", "不能判断电极是否在水中"),
        ),
        quantities=tuple(READ_WAITS),
        measures=measures,
        split=split,
        decode=decode,
        read=read,
        begin=begin,
        identify=identify,
        settings=Settings,
        defaults={"baud": 9600},
        interval=5.0,
        least_interval=2.0,
        deadline=2.5,
        warm_up=2.0,
        companions=("water_temperature",),
    ),
)
