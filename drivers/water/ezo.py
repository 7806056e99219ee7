"""Atlas Scientific EZO circuits (pH, ORP, dissolved oxygen, conductivity, temperature): I2C 0x61 to 0x66, ASCII commands.

Source: Atlas Scientific EZO data sheets (pH v5, ORP v5, DO v6, EC v6, RTD v2), chapter I2C mode: write a command, wait (R:
900 ms for pH and ORP, 600 ms for the others; T, 300 ms), read a status byte (1 good, 2 syntax error, 254 still working, 255
no data) and text, padded with zeros. EC and DO may send several comma-separated fields; the first is meant. `T,xx.xx` before
each reading compensates the temperature and is forgotten at power-off.

What it cannot say: whether the electrode is in the water. Field oddities: an answer of success may have no text; the circuits
come in UART mode (9600 baud) and must be switched to I2C once; electrodes of several circuits in one tank disturb one another
without isolators.
"""

from collections.abc import Mapping

from drivers.driver import Driver, Environment, I2CPort, Page
from drivers.errors import Faulted, Garbled, NotReady
from drivers.frames import Cut
from drivers.sample import Kind, Sample
from drivers.water._ezo import COMMAND_WAIT, READ_WAITS, Settings, compensated, measures, said

GOOD, SYNTAX, WORKING, NO_DATA = 1, 2, 254, 255
SIZE = 40
_REASONS = {SYNTAX: "device_fault", WORKING: "not_started", NO_DATA: "not_started"}
_SENTENCES: Mapping[int, str] = {
    SYNTAX: "it does not know this command",
    WORKING: "it is still working",
    NO_DATA: "it has no data",
}


def split(buffer: bytes) -> Cut:
    """One answer: status, text, zeros."""
    return Cut((buffer,) if buffer else (), b"")


def decode(frame: bytes, settings: Settings) -> Sample:
    """One answer. Raises Garbled."""
    if not frame:
        raise Garbled("no byte", reason="truncated", raw=frame, expected="1 or more", got="0")
    code, text = frame[0], frame[1:].split(b"\0", 1)[0]
    if code in _REASONS:
        return Sample({}, status={"code": code}, reason=_REASONS[code])
    if code != GOOD:
        raise Garbled("no status", reason="header", raw=frame, expected="1, 2, 254 or 255", got=str(code))
    if not text.isascii() or any(byte < 0x20 for byte in text):
        raise Garbled("no text", reason="header", raw=frame, expected="ASCII", got=repr(text[:12]))
    words = text.decode("ascii")
    if not words:
        return Sample({}, status={"code": code}, kind=Kind.ACKNOWLEDGEMENT)
    return said(words, settings)


def _ask(port: I2CPort, command: str, wait: float) -> bytes:
    """One command and its answer; a circuit that is still working is waited for once more. Raises a wire error."""
    answer = port.transfer(command.encode("ascii"), SIZE, wait)
    if answer[0] == WORKING:
        answer = port.transfer(b"", SIZE, COMMAND_WAIT)
    if answer[0] == SYNTAX:
        raise Faulted(_SENTENCES[SYNTAX], raw=answer)
    if answer[0] in (WORKING, NO_DATA):
        raise NotReady(_SENTENCES[answer[0]], reason="not_started", raw=answer)
    return answer


def read(port: I2CPort, environment: Environment, settings: Settings) -> Sample:
    """One measurement, compensated by the water temperature of the same station if there is one. Raises a wire error."""
    warm = environment.get("water_temperature") if settings.quantity != "water_temperature" else None
    if warm is not None:
        _ask(port, f"T,{warm:.2f}", COMMAND_WAIT)
    return compensated(decode(_ask(port, "R", READ_WAITS[settings.quantity]), settings), warm)


def identify(port: I2CPort, _settings: Settings) -> str:
    """Model and firmware, "?i,pH,1.98". Raises a wire error."""
    return str(decode(_ask(port, "i", COMMAND_WAIT), Settings()).status.get("answer", ""))


DRIVERS = (
    Driver(
        name="ezo",
        title="Atlas Scientific EZO circuit (pH, ORP, DO, EC, RTD)",
        zh="Atlas Scientific EZO 模块（pH、ORP、溶解氧、电导率、温度）",
        port="i2c",
        page=Page(
            source="Atlas Scientific EZO data sheets: pH v5, ORP v5, DO v6, EC v6, RTD v2",
            published=False,
            wiring=(("VCC", "5V"), ("GND", "GND"), ("SDA / TX", "SDA"), ("SCL / RX", "SCL")),
            supply=(
                "3.3 to 5 V, 20 mA; use an isolated carrier board for each circuit",
                "3.3～5 V，20 mA；每个模块用带隔离的底板",
            ),
            faults=(
                (
                    "no answer: it is in UART mode; use `ezo_uart`, or switch it to I2C once (jumper TX to PGND as in its sheet)",
                    "无应答：仍在 UART 模式，改用 ezo_uart，或按手册短接切换到 I2C",
                ),
                ("pH and EC disturb each other in one tank: isolate their supplies", "同一水池内 pH 与 EC 相互干扰：须隔离供电"),
                (
                    "addresses: 0x61 DO, 0x62 ORP, 0x63 pH, 0x64 EC, 0x66 RTD",
                    "地址：0x61 溶解氧、0x62 ORP、0x63 pH、0x64 电导率、0x66 温度",
                ),
            ),
            cannot=("whether the electrode is in the water", "不能判断电极是否在水中"),
        ),
        quantities=tuple(READ_WAITS),
        measures=measures,
        split=split,
        decode=decode,
        read=read,
        identify=identify,
        settings=Settings,
        defaults={"address": 0x63},
        interval=5.0,
        least_interval=2.0,
        deadline=2.0,
        warm_up=2.0,
        companions=("water_temperature",),
    ),
)
