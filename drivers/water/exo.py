"""YSI EXO sondes behind the DCP signal output adapter or the Modbus adapter: what it measures depends on what is plugged in.

Source: YSI "EXO Modbus Signal Output Adapter" as two public drivers have it (jakebonney10/ysi_exo, dcp1.py; Meadow.Foundation,
Environmental.Ysi): function 03; 128 to 159 the numbers of the parameters, 0 ends them; 256 to 287 the state of each (0 available,
1 not set, 2 not available); 384 + 2 i their values, floats with swapped words. The list is read each time: values move up when a
sensor is taken out. Of two parameters that are one quantity (mS/cm and µS/cm) the first is taken; what is no quantity is shown.
Taken, not published: that ammonium and nitrate are counted as nitrogen, as EXO displays do.

What it cannot say: the level of the water (its depth is that of the sonde), blue-green algae in cells.
"""

import math

from drivers import registers
from drivers.driver import Driver, Environment, ModbusPort, NoSettings, Page
from drivers.errors import Foreign, Garbled
from drivers.registers import number
from drivers.sample import Sample

TYPES, STATES, VALUES = 128, 256, 384
MOST = 32

QUANTITIES: dict[int, tuple[str, float]] = {
    1: ("water_temperature", 1.0),
    6: ("conductivity", 1000.0),  # specific, mS/cm
    7: ("conductivity", 1.0),  # specific, µS/cm
    12: ("salinity", 1.0),
    18: ("ph", 1.0),
    19: ("orp", 1.0),
    37: ("turbidity", 1.0),  # NTU
    48: ("ammonia_nitrogen", 1.0),
    106: ("nitrate_nitrogen", 1.0),
    190: ("suspended_solids", 1.0),
    193: ("chlorophyll", 1.0),
    211: ("oxygen_saturation", 1.0),
    212: ("dissolved_oxygen", 1.0),
    223: ("turbidity", 1.0),  # FNU
}
"""Number of a parameter → quantity, and its unit in the registry's."""

UNAVAILABLE = {1: "not_started", 2: "device_fault"}


def decode(reply: bytes, settings: NoSettings) -> Sample:
    """A reply to the question for the list of parameters: which they are. Raises Garbled or Foreign."""
    return decode_from(reply, settings, TYPES, None)


def decode_from(reply: bytes, _settings: NoSettings, address: int, function: int | None) -> Sample:
    """The list, or what stands elsewhere as it is: a value means nothing without the list. Raises Garbled or Foreign."""

    def values(got: int, words: tuple[int, ...], raw: bytes) -> Sample:
        if got != (function or 3):
            raise Foreign("another function was answered", raw=raw, expected="0x03", got=f"0x{got:02x}")
        if address == TYPES:
            if len(words) > MOST:
                raise Garbled(
                    "wrong number of registers", reason="length", raw=raw, expected="64 bytes", got=f"{2 * len(words)} bytes"
                )
            return Sample({}, status={"parameters": " ".join(map(str, listed(words)))})
        if address >= VALUES and not len(words) % 2:
            shown = {f"value {i // 2 + 1}": _float(words, i) for i in range(0, len(words), 2)}
            return Sample({}, status={key: value for key, value in shown.items() if math.isfinite(value)})
        return Sample({}, status={f"register {address + i}": word for i, word in enumerate(words)})

    return registers.decode_reply(reply, values)


def listed(words: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers before the first 0."""
    return words[: words.index(0)] if 0 in words else words


def read(port: ModbusPort, _environment: Environment, _settings: NoSettings) -> Sample:
    """What is plugged in, whether it has something to say, and that. Raises a wire error."""
    parameters = listed(port.holding(TYPES, MOST))
    if not parameters:
        return Sample({}, reason="not_started")
    states = port.holding(STATES, len(parameters))
    words = port.holding(VALUES, 2 * len(parameters))
    values: dict[str, float] = {}
    fields: dict[str, str] = {}
    status: dict[str, int | float | str] = {}
    for i, parameter in enumerate(parameters):
        raw = _float(words, 2 * i)
        key, scale = QUANTITIES.get(parameter, ("", 1.0))
        reason = UNAVAILABLE.get(states[i], "") or ("" if math.isfinite(raw) else "sentinel")
        if not key or key in values or key in fields:
            status |= {} if reason else {f"parameter {parameter}": raw}
        elif reason:
            fields[key] = reason
        else:
            values[key] = raw * scale
    return Sample(values, fields, status, next(iter(fields.values()), "") if not values else "")


def _float(words: tuple[int, ...], at: int) -> float:
    return number(words, at, "f32", "CDAB")


DRIVERS = (
    Driver(
        name="exo",
        title="YSI EXO sonde behind a DCP or Modbus adapter",
        zh="YSI EXO 多参数水质探头（经 DCP 或 Modbus 转接器）",
        port="modbus",
        page=Page(
            source="YSI EXO Modbus Signal Output Adapter, as two public drivers have it: 128 parameters, 256 states, 384 values",
            published=False,
            wiring=(("V+", "12V"), ("V−", "GND"), ("A (485+)", "A"), ("B (485−)", "B")),
            supply=("see the label of the adapter", "以转接器铭牌为准"),
            faults=(
                (
                    "no value at all: the adapter has no list yet; set the parameters in Kor and wait a minute",
                    "完全无数据：转接器尚无参数表，请在 Kor 中设置参数并等待一分钟",
                ),
                ("device_fault of one value: its sensor is not available", "某一参数 device_fault：该传感器不可用"),
            ),
            cannot=(
                "the level of the water, and algae in cells; name what is plugged in: `quantities = […]`",
                "不能给出水位、藻类细胞数；请用 quantities = […] 列出所插传感器的参数",
            ),
        ),
        quantities=tuple(dict.fromkeys(key for key, _ in QUANTITIES.values())),
        split=registers.split,
        decode=decode,
        decode_from=decode_from,
        read=read,
        defaults={"baud": 9600, "unit": 1},
        interval=10.0,
        least_interval=2.0,
        confidence="likely",
        warm_up=60.0,
    ),
)
