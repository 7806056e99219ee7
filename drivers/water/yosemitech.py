"""Yosemitech (禹山) water probes Y504, Y532 and the sonde Y4000: Modbus RTU 9600 8N1, unit 1, 5 to 12 V.

Sources: Yosemitech Modbus manuals of Y504 (dissolved oxygen), Y532 (pH), Y4000 (sonde), corrected where public drivers
found them wrong: pH stands at 0x2800, not 0x2600; the sonde's values at 0x2601. Only functions 03 and 16; floats are little
endian throughout (DCBA). For a register that it does not have a probe is silent; it sends no Modbus exception.

Field oddities: addresses on one line should not be neighbours (1, 3, 5 …); the wiper's start draws 290 mA and browns out weak
supplies; a Y504 with old firmware leaves the concentration at 0 and expects the host to compute it (we do not: it is missing);
a Y4000 may be asked each second, its values are new every four.

What they cannot say: whether the wiper is running or the cap is worn; a register that means so is not published.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from drivers import registers
from drivers.driver import Driver, Environment, ModbusPort, Page
from drivers.errors import Garbled
from drivers.registers import Block, Field
from drivers.sample import Sample

START = 0x2500  # reading this one register starts the measurement of Y504
ERRORS = 0x0800  # Y4000: bit field, meaning not published; 0 is good
MILLIVOLT = Block(0x1200, 2, (Field("millivolt", 0),), order="DCBA")
TEMPERATURE = Block(0x2400, 2, (Field("water_temperature", 0),), order="DCBA")

Y504 = Block(
    0x2600,
    6,
    (Field("water_temperature", 0), Field("oxygen_saturation", 2, scale=100.0), Field("dissolved_oxygen", 4)),
    order="DCBA",
)
Y532 = Block(0x2800, 2, (Field("ph", 0),), order="DCBA")
Y4000 = Block(
    0x2601,
    16,
    (
        Field("dissolved_oxygen", 0),
        Field("turbidity", 2),
        Field("conductivity", 4, scale=1000.0),  # mS/cm
        Field("ph", 6),
        Field("water_temperature", 8),
        Field("orp", 10),
        Field("chlorophyll", 12),
        Field("blue_green_algae", 14),
    ),
    order="DCBA",
)


@dataclass(frozen=True, slots=True)
class _Table:
    """One model: its main block, and what to do with its values."""

    block: Block
    judge: Callable[[Sample], Sample] = lambda found: found

    def values(self, words: Sequence[int]) -> Sample:
        return self.judge(registers.sample(self.block, words))

    def decode(self, reply: bytes, _settings: Any) -> Sample:
        """A whole RTU reply to the main read. Raises Garbled or Foreign."""
        return registers.decode_reply(reply, self.block, self.values)

    def ask(self, port: ModbusPort) -> Sample:
        return self.values(port.holding(self.block.address, self.block.count))


def _judge_oxygen(found: Sample) -> Sample:
    """Old firmware does not compute mg/L: 0 beside a saturation above 0 is no measurement."""
    if found.values.get("dissolved_oxygen") == 0 and found.values.get("oxygen_saturation", 0) > 0:
        rest = {key: value for key, value in found.values.items() if key != "dissolved_oxygen"}
        return Sample(rest, {**found.fields, "dissolved_oxygen": "sentinel"})
    return found


_Y504, _Y532, _Y4000 = _Table(Y504, _judge_oxygen), _Table(Y532), _Table(Y4000)


def begin_y504(port: ModbusPort, _settings: Any) -> None:
    """Start measuring; the answer carries no value, and some firmware leaves even the register out."""
    try:
        port.holding(START, 1)
    except Garbled as error:
        if error.reason != "length":
            raise


def read_y504(port: ModbusPort, _environment: Environment, _settings: Any) -> Sample:
    """Temperature, saturation, concentration."""
    return _Y504.ask(port)


def read_y532(port: ModbusPort, _environment: Environment, _settings: Any) -> Sample:
    """pH, temperature; the electrode's voltage in mV goes into the status."""
    acid = _Y532.ask(port)
    warm = registers.sample(TEMPERATURE, port.holding(TEMPERATURE.address, TEMPERATURE.count))
    volt = registers.sample(MILLIVOLT, port.holding(MILLIVOLT.address, MILLIVOLT.count))
    return Sample({**acid.values, **warm.values}, {**acid.fields, **warm.fields}, dict(volt.values))


def read_y4000(port: ModbusPort, _environment: Environment, _settings: Any) -> Sample:
    """All eight values and the error register."""
    found = _Y4000.ask(port)
    errors = port.holding(ERRORS, 1)[0]
    return Sample(found.values, found.fields, {"errors": errors})


_PAGE = Page(
    source="Yosemitech Modbus manuals of Y504, Y532, Y4000",
    published=False,
    wiring=(("V+", "12V"), ("V-", "GND"), ("A", "A"), ("B", "B")),
    supply=("10 to 30 V", "10～30 V"),
    faults=(("no answer: A and B swapped", "无应答：A、B 接反"),),
    cannot=("see above", "见上"),
)


def _driver(name: str, title: str, zh: str, table: _Table, read: Any, **rest: Any) -> Driver:
    extra = ("water_temperature",) if name == "y532" else ()
    return Driver(
        name=name,
        title=f"Yosemitech {title}",
        zh=f"禹山 {zh}",
        port="modbus",
        page=_PAGE,
        quantities=(*(field.quantity for field in table.block.fields), *extra),
        split=registers.split,
        decode=table.decode,
        read=read,
        defaults={"baud": 9600, "unit": 1},
        **rest,
    )


DRIVERS = (
    _driver(
        "y504",
        "Y504 dissolved oxygen probe",
        "Y504 溶解氧传感器",
        _Y504,
        read_y504,
        begin=begin_y504,
        interval=2.0,
        least_interval=1.7,
        deadline=1.0,
        warm_up=8.0,
    ),
    _driver(
        "y532",
        "Y532 pH probe",
        "Y532 pH 传感器",
        _Y532,
        read_y532,
        interval=2.0,
        least_interval=1.8,
        deadline=1.5,
        warm_up=4.5,
    ),
    _driver(
        "y4000",
        "Y4000 sonde",
        "Y4000 多参数水质探头",
        _Y4000,
        read_y4000,
        interval=4.0,
        least_interval=1.0,
        deadline=1.5,
        warm_up=50.0,
    ),
)
