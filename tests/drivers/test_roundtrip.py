"""Every instrument of the catalogue against its twin, over the real transport: pty, I2C socket, GPIO socket, Modbus RTU.

What is expected is the world's truth; the twin was written from the data sheet, apart from the driver. A wrong word order, scale
or register on either side fails here. Then the same device fails in one way, and is told apart from a good one.
"""

import time
from dataclasses import dataclass, field

import pytest

from drivers.catalogue import CATALOGUE, find
from drivers.errors import Foreign, Garbled, NoAnswer, PortLost, WireError
from hw_sim.scenario import build
from hw_sim.simulation import Simulation
from hw_sim.world import COURSES, World
from station.buses import open_bus
from station.config import parse
from station.device import Device
from tests.drivers.cases_site import SITE
from tests.drivers.test_properties import NO_CHECKSUM
from tests.drivers.test_roundtrip_misc import UARTS
from tests.drivers.test_roundtrip_pm import TWINS

SEED, START = 7, 10.0
RESOLUTION = 0.06

GAP = 0.2
"""s between two tries."""

KINDS = {"modbus": "modbus_rtu"}
"""Port kind of the driver → kind of the simulated line, where they differ."""


@dataclass(frozen=True)
class Case:
    """What a twin is set to, and what its driver must say: quantity → (course of the world, factor, offset)."""

    expected: dict[str, tuple[str, float] | tuple[str, float, float] | float]
    settings: str = ""
    twin: dict[str, object] = field(default_factory=dict)
    tries: int = 1
    speed: float = 1.0
    identity: str = ""
    warm: bool = False
    companions: tuple[str, ...] = ()


WATER = {"water_temperature": ("water_temperature", 1)}
WARMING = {"speed": 40.0, "warm": True}
"""Probes that must be started and then warm up: the simulated time runs faster."""

CELLS = """
[[instrument.cell]]
model = "NO2-B43F"
we = 0
ae = 1
we_electronic = 225
ae_electronic = 230
sensitivity = 0.3
[[instrument.cell]]
model = "OX-B431"
we = 2
ae = 3
we_electronic = 240
ae_electronic = 245
sensitivity = 0.4
no2_sensitivity = 0.35
"""
"""What stands on the labels of the simulated cells."""


AWAKE: dict[str, object] = {"idle": 100.0}
"""Sondes that sleep soon: in the soak a host's wait of 2 s is 40 s of theirs."""


def analyser(parameter):
    """An on-line analyser that analyses once a second."""
    return Case({parameter: (parameter, 1)}, f'quantity = "{parameter}"', {"parameter": parameter, "cycle": 1.0})


CASES: dict[str, Case] = {
    "pms5003": Case({"pm25": ("pm25", 1), "pm10": ("pm25", 1.25)}, twin={"period": 0.3}),
    "sgp40": Case({}),
    "sgp41": Case({}, identity="000001234567"),
    "sht4x": Case({"temperature": ("temperature", 1), "humidity": ("humidity", 1)}, identity="0f4c1a2b"),
    "bme680": Case({"temperature": ("temperature", 1), "pressure": ("pressure", 1), "gas_resistance": ("gas_resistance", 1)}),
    "pid": Case({"tvoc": ("tvoc", 1)}, "zero = 50\nsensitivity = 20"),
    "alphasense4": Case({"no2": ("no2", 1.8805), "o3": ("o3", 1.9619)}, CELLS, companions=("temperature",)),
    "sfa30": Case(
        {"hcho": ("hcho", 1), "temperature": ("temperature", 1), "humidity": ("humidity", 1)},
        twin={"start": 0.0},
        identity="0000SFA30TWIN",
    ),
    "ze25": Case({"o3": ("o3", 1.9619)}),
    "zphs01b": Case(
        {"pm25": ("pm25", 1), "co2": ("co2", 1), "temperature": ("temperature", 1), "hcho": ("hcho", 1), "o3": ("o3", 1.9619)}
    ),
    "spec_dgs": Case({"no2": ("no2", 1.8805), "temperature": ("temperature", 1)}, identity="031217010151"),
    "sen66": Case(
        {"pm25": ("pm25", 1), "temperature": ("temperature", 1), "humidity": ("humidity", 1), "co2": ("co2", 1)},
        tries=12,
        speed=8.0,
        identity="SEN66 5D2E8F1A03B7C496",
    ),
    "scd30": Case({"co2": ("co2", 1), "temperature": ("temperature", 1)}, twin={"period": 0.2}, identity="SCD30 3.66"),
    "scd4x": Case({"co2": ("co2", 1), "temperature": ("temperature", 1), "humidity": ("humidity", 1)}, twin={"period": 0.2}),
    "sgp30": Case({"tvoc": ("tvoc", 1)}, twin={"start": 0.0}, identity="00000064cc82"),
    "ens160": Case({"tvoc": ("tvoc", 1)}, tries=2),
    "mightyohm": Case({"dose_rate": ("dose_rate", 1)}, twin={"period": 0.3}),
    "dt8852": Case({"laeq": ("noise", 1)}, twin={"period": 0.1}),
    "rs485_noise": Case({"laeq": ("noise", 1)}),
    "rs485_wind": Case({"wind_direction": ("wind_direction", 1)}, 'measure = "direction"', {"model": "rs485_wind_direction"}),
    "y504": Case({**WATER, "dissolved_oxygen": ("oxygen", 1)}, identity="Y0123060017", **WARMING),
    "y511": Case({**WATER, "turbidity": ("turbidity", 1)}, **WARMING),
    "y513": Case({**WATER, "blue_green_algae": ("algae", 1)}, **WARMING),
    "y514": Case({**WATER, "chlorophyll": ("chlorophyll", 1)}, **WARMING),
    "y516": Case({**WATER, "oil_in_water": ("oil", 1)}, **WARMING),
    "y520": Case({**WATER, "conductivity": ("conductivity", 1)}, **WARMING),
    "y550": Case({**WATER, "cod": ("cod", 1), "turbidity": ("turbidity", 1)}, **WARMING),
    "y4000": Case({**WATER, "conductivity": ("conductivity", 1), "blue_green_algae": ("algae", 1)}),
    "lida": analyser("total_nitrogen"),
    "fmr20": Case({"water_level": ("water_level", 1)}, twin={"height": 8}),
    "tuf2000": Case({"flow": ("flow", 1 / 3600)}),
    "fuf2000": Case({"flow": ("flow", 1 / 3600)}),
    "current_loop": Case({"water_level": ("water_level", 1)}, 'loops = ["1 water_level 0 5"]'),
    "windsonic": Case({"wind_speed": ("wind_speed", 1), "wind_direction": ("wind_direction", 1)}, twin={"period": 0.3}),
    "bswa308": Case({"laeq": ("noise", 1)}),
    "ascii_line": Case({"laeq": ("noise", 1)}, 'columns = ["laeq", "la10", "la90"]\nstarts = "Leq"', {"period": 0.3}),
    "modem": Case({"signal_strength": ("signal", 1, 0.0)}, identity="867698041234567"),
    "ezo": Case({"ph": ("ph", 1)}, identity="pH"),
    "ezo_uart": Case({"ph": ("ph", 1)}, identity="pH"),
    "mmcli": Case({"signal_strength": ("signal", 1, 0.0)}, identity="867698041234567"),
    "a02": Case({"water_level": ("water_level", 1)}, "height = 4.2", {"height": 4.2}),
    "sen0492": Case({"water_level": ("water_level", 1)}, "height = 4.2", {"height": 4.2}),
    "urm": Case({"water_level": ("water_level", 1)}, "height = 4.2", {"height": 4.2}),
    "yiwen_flow": Case({"flow": ("flow", 1 / 1000)}),
    "ruiquan": analyser("total_phosphorus"),
    "keruida": analyser("ammonia_nitrogen"),
    "zhengqi": analyser("cod"),
    "bj_lida": analyser("codmn"),
    "national_water": analyser("total_nitrogen"),
    "xinruipeng": analyser("codmn"),
    "huahou": analyser("ammonia_nitrogen"),
    "lingheng": analyser("total_phosphorus"),
    "juge": analyser("total_nitrogen"),
    "chuangzao": Case({"cod": ("cod", 1)}, twin={"cycle": 1.0}),
    "amtax": Case({"ammonia_nitrogen": ("ammonia_nitrogen", 1)}, twin={"cycle": 1.0}),
    "na8000": Case({"ammonia_nitrogen": ("ammonia_nitrogen", 1)}, twin={"cycle": 1.0}),
    "npw160": Case({"total_nitrogen": ("total_nitrogen", 1), "total_phosphorus": ("total_phosphorus", 1)}, twin={"cycle": 1.0}),
    "sifuming": Case({"ph": ("ph", 1)}, 'quantity = "ph"', {"parameter": "ph"}),
    "odo_rtu": Case({**WATER, "dissolved_oxygen": ("oxygen", 1), "oxygen_saturation": 92.0}),
    "do7013": Case({**WATER, "dissolved_oxygen": ("oxygen", 1), "oxygen_saturation": 92.0}),
    "s_rjy_01": Case({**WATER, "dissolved_oxygen": ("oxygen", 1)}),
    "bulukesi": Case({"flow": ("flow", 1 / 1000)}),
    "tianyi": Case({"flow": ("flow", 1 / 1000)}),
    "phototek6000": analyser("codmn"),
    "ponsel_optod": Case({**WATER, "dissolved_oxygen": ("oxygen", 1), "oxygen_saturation": 92.0}),
    "hach_uvas_sc": Case({"uv254": ("cod", 0.5)}, 'quantity = "uv254"'),
    "hach_nitratax_sc": Case({"nitrate_nitrogen": ("total_nitrogen", 1 / 3)}),
    "hach_tss_sc": Case({"turbidity": ("turbidity", 1), "suspended_solids": ("turbidity", 1)}),
    "hach_ldo": Case({**WATER, "dissolved_oxygen": ("oxygen", 1), "oxygen_saturation": 92.0}),
    "aqua_troll_600": Case(
        {**WATER, "conductivity": ("conductivity", 1), "ph": ("ph", 1), "turbidity": ("turbidity", 1)}, twin=AWAKE
    ),
    "aqua_troll_400": Case(
        {**WATER, "conductivity": ("conductivity", 1), "ph": ("ph", 1), "oxygen_saturation": 92.0}, twin=AWAKE
    ),
    "exo": Case({**WATER, "conductivity": ("conductivity", 1), "ph": ("ph", 1), "dissolved_oxygen": ("oxygen", 1)}),
    "iq_sensor_net": Case({"turbidity": ("turbidity", 1)}, 'quantity = "turbidity"\nsensor = 2'),
    "ry_fsx485": Case({"wind_speed": ("wind_speed", 1)}),
    "rs485_rain": Case({"rain": 0.0}, twin={"rate": 0.0}, tries=2),
    "rs485_weather": Case(
        {
            "wind_speed": ("wind_speed", 1),
            "wind_direction": ("wind_direction", 1),
            "temperature": ("temperature", 1),
            "laeq": ("noise", 1),
            "pm10": ("pm25", 1.25),
            "pressure": ("pressure", 1),
            "rain": 0.0,
        },
        twin={"rate": 0.0},
        tries=2,
    ),
    "ds3231": Case({"enclosure_temperature": ("temperature", 1, 4.0)}),
    "contact": Case({"running": 1.0}, "address = 1", {"cycle": 60, "on": 60}),
    "pulse": Case({"rain": 0.6}, "address = 1", {"rate": 3.0 / GAP}, tries=2),
    "dtsu666": Case({"load_power": ("load_power", 10, 450)}),
    **{name: Case(expected, settings, twin, tries=2) for name, (expected, settings, twin) in SITE.items()},
}
"""Those that want settings, an identity or a patient reader, or whose quantities the world knows by another name."""

READ = {name for name in CATALOGUE if name != "modbus_map" and find(name).port != "hid"}
"""All but what nobody has described yet, and what can only be decoded."""

PLAIN = sorted(READ - set(CASES) - set(TWINS) - set(UARTS))
CASES |= {name: Case({key: (key, 1) for key in find(name).quantities if key in COURSES}, tries=2) for name in PLAIN}


@pytest.mark.parametrize("name", PLAIN)
def test_the_world_knows_what_it_measures(name):
    assert CASES[name].expected, "the world calls its quantities otherwise: it wants a line in CASES"


def test_no_round_trip_of_what_is_not_there():
    assert set(CASES) | set(TWINS) | set(UARTS) == READ


class Bench:
    """One simulated device on one line, and our side of it."""

    def __init__(self, name, folder):
        self.driver, self.case = find(name), CASES[name]
        sheet = self.driver.defaults
        address = int(sheet.get("address", sheet.get("unit", 1)))
        kind = KINDS.get(self.driver.port, self.driver.port)
        placed = {"model": name, "address": address, **self.case.twin}
        line = {"name": "line", "kind": kind, "baud": sheet.get("baud", 9600), "instrument": [placed]}
        self.simulation = Simulation(build({"seed": SEED, "start": START, "speed": self.case.speed, "line": [line]}), folder)
        self.began = time.monotonic()
        port = self.simulation.ports["line"]
        text = f'[station]\nid = "T"\nname = "T"\n[[bus]]\nname = "b"\nkind = "{self.driver.port}"\nport = "{port}"\n'
        text += f'[[instrument]]\nname = "x"\ndriver = "{name}"\nbus = "b"\n{self.case.settings}\n'
        config = parse(text, "x")
        self.bus = open_bus(config.buses[0], list(config.instruments))
        self.device = Device(config.instruments[0])

    def __enter__(self):
        self.simulation.__enter__()
        return self

    def __exit__(self, *error):
        self.bus.close()
        self.simulation.__exit__(*error)

    def read(self):
        known = {course: self.truth(course) for course in self.case.companions}
        return self.device.read(self.bus, known, self.device.model.deadline)

    def truth(self, course):
        now = START * 3600 + (time.monotonic() - self.began) * self.case.speed
        return World(SEED).value(course, now)


def near(course, factor):
    """What the world's noise, its change within some seconds and a coarse resolution may make of it."""
    return abs(factor) * (10 * COURSES[course].noise + 0.01 * abs(COURSES[course].mean)) + RESOLUTION * (factor >= 0.1)


@pytest.mark.parametrize("name", CASES)
def test_the_driver_reads_what_the_twin_measures(name, tmp_path):
    with Bench(name, tmp_path) as bench:
        if bench.case.warm:
            bench.read()
            time.sleep((bench.driver.warm_up + 12) / bench.case.speed)
        for _ in range(bench.case.tries):
            sample = bench.read()
            if set(bench.case.expected) <= set(sample.values):
                break
            time.sleep(GAP)
        for quantity, wanted in bench.case.expected.items():
            if isinstance(wanted, float):
                assert sample.values[quantity] == pytest.approx(wanted, abs=0.21), quantity
                continue
            course, factor, offset = (*wanted, 0.0)[:3]
            truth = bench.truth(course) * factor + offset
            assert sample.values[quantity] == pytest.approx(truth, abs=near(course, factor)), quantity
        assert bench.case.identity in bench.device.identity


FAULTS: dict[str, dict[str, type[WireError] | tuple[type[WireError], ...]]] = {
    "uart": {"silence": NoAnswer, "wrong_checksum": Garbled, "unplug": PortLost},
    "i2c": {"not_acknowledged": NoAnswer, "stuck_bus": PortLost},
    "modbus": {"silence": NoAnswer, "wrong_checksum": Garbled, "foreign": Foreign, "unplug": PortLost},
    "gpio": {"unplug": PortLost},
    "program": {"silence": NoAnswer, "unplug": PortLost},
}
"""By kind of port: what is planted, and what must be told."""


def fault_of(name):
    """One fault for each instrument, all of them within a kind of port."""
    kind = find(name).port
    peers = [other for other in CASES if find(other).port == kind]
    able = [fault for fault in FAULTS[kind] if fault != "wrong_checksum" or name not in NO_CHECKSUM]
    return able[peers.index(name) % len(able)]


@pytest.mark.parametrize("name", CASES)
def test_a_planted_fault_is_told_as_what_it_is(name, tmp_path):
    fault = fault_of(name)
    with Bench(name, tmp_path) as bench:
        bench.device.begun = True
        bench.simulation.fault("line", fault)
        with pytest.raises(FAULTS[bench.driver.port][fault]):
            for _ in range(6):  # a stream may still hold a good frame from before
                bench.read()


@pytest.mark.parametrize("name", ["y532", "rs485_noise", "fuf2000"])
def test_it_is_well_again_after_the_fault(name, tmp_path):
    with Bench(name, tmp_path) as bench:
        bench.simulation.fault("line", "foreign", count=1)
        with pytest.raises(WireError):
            bench.read()
        assert bench.read().usable
