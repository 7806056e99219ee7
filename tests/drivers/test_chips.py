"""Gas and climate chips: published numbers, what the twins can be told to do wrong, and what must never happen to a real one."""

import tomllib
from pathlib import Path

import pytest

from drivers.catalogue import find
from drivers.errors import Foreign
from drivers.gas import _ads1115, alphasense4
from hw_sim.instruments import INSTRUMENTS
from hw_sim.world import World
from station.cli.decode import settings_of
from station.config import parse
from station.device import Device

WORLD = World(7)


class Time:
    """A port and a bus in one, on a twin, in time of its own; `now` is s since midnight."""

    def __init__(self, name, **settings):
        self.twin = INSTRUMENTS[name](WORLD, settings)
        self.now = 36000.0

    def transfer(self, write, read=0, wait=0.0):
        if write:
            self.twin.write(write, self.now)
        self.now += wait + 0.0005
        return self.twin.read(read, self.now) if read else b""

    def port(self, _address, _deadline):
        return self


def frames(name):
    return tomllib.loads((Path(__file__).parents[1] / "captures" / f"{name}.toml").read_text("utf-8"))["frame"]


def decoded(name, number):
    driver = find(name)
    return driver.decode(bytes.fromhex(frames(name)[number]["hex"]), driver.settings()).values


def test_bme280_is_as_near_to_the_published_floating_point_as_whole_numbers_come():
    """elixir-sensors/bmp280, two real chips; pimoroni/bme280-python; Bosch's worked example: °C within 0.005, Pa 1, % 0.01."""
    first, second, pimoroni, bosch = (decoded("bme280", number) for number in range(4))
    assert first["temperature"] == pytest.approx(26.7460, abs=0.005)
    assert first["pressure"] == pytest.approx(1003.9149, abs=0.01)
    assert second["temperature"] == pytest.approx(20.2649, abs=0.005)
    assert second["pressure"] == pytest.approx(1002.7840, abs=0.01)
    assert pimoroni["temperature"] == pytest.approx(24.78949, abs=0.005)
    assert pimoroni["pressure"] == pytest.approx(1006.61518, abs=0.01)
    assert pimoroni["humidity"] == pytest.approx(68.66997, abs=0.01)
    assert bosch["pressure"] == pytest.approx(1006.5327, abs=0.001)


def test_bme680_is_as_near_to_the_published_floating_point_as_whole_numbers_come():
    """elixir-sensors/bmp280, BME680Sensor: 19.3113 °C, 100977.52 Pa, 25.2 %, 20467.26 Ω."""
    found = decoded("bme680", 1)
    assert found["temperature"] == pytest.approx(19.3113, abs=0.005)
    assert found["pressure"] == pytest.approx(1009.7752, abs=0.05)
    assert found["humidity"] == pytest.approx(25.2, abs=0.1)
    assert found["gas_resistance"] == pytest.approx(20467.2644, rel=1e-4)


def test_a_bmp280_sold_as_a_bme280_is_told():
    with pytest.raises(Foreign) as told:
        find("bme280").begin(Time("bme280", chip=0x58), None)
    assert (told.value.expected, told.value.got) == ("0x60", "0x58") and "BMP280" in str(told.value)


@pytest.mark.parametrize("target", [200, 320, 400])
def test_the_bme680_heats_to_what_is_set(target):
    driver, bus = find("bme680"), Time("bme680")
    settings = driver.settings(heater_temperature=target)
    assert "gas_resistance" in driver.read(bus, {"temperature": WORLD.value("temperature", bus.now)}, settings).values
    assert bus.twin.heater == pytest.approx(target, abs=5)


def test_a_heater_that_stays_cold_gives_no_resistance_and_the_rest_all_the_same():
    driver = find("bme680")
    sample = driver.read(Time("bme680", heater_broken=True), {}, driver.settings())
    assert sample.fields == {"gas_resistance": "warm_up"} and set(sample.values) == {"temperature", "humidity", "pressure"}


def test_a_bme688_is_known_by_its_variant_and_has_its_own_conversion():
    """BME688 data sheet, section 3.4: ADC 512 in range 0 is 1e6 × 262144 / 4096 Ω."""
    frame = bytearray.fromhex(frames("bme680")[0]["hex"])
    frame[40] = 1
    frame[-2:] = (512 << 6 | 0x30).to_bytes(2, "big")
    sample = find("bme680").decode(bytes(frame), None)
    assert sample.values["gas_resistance"] == 64e6 and sample.status["variant"] == 1


def sgp41(interval):
    text = '[station]\nid = "T"\nname = "T"\n[[bus]]\nname = "b"\nkind = "i2c"\nport = "x"\n'
    text += f'[[instrument]]\nname = "x"\ndriver = "sgp41"\nbus = "b"\ninterval = {interval}\n'
    return Device(parse(text, "x").instruments[0])


@pytest.mark.parametrize("interval", [1, 2, 5, 8, 9, 60])
def test_the_nox_pixel_is_never_conditioned_for_more_than_ten_seconds(interval):
    """SGP41 data sheet: longer conditioning damages it; it lasts from one command to the next."""
    device, bus = sgp41(interval), Time("sgp41")
    samples = []
    for _ in range(20):
        samples.append(device.read(bus, {}, 0.5))
        bus.now += interval
    assert bus.twin.conditioned <= 10.0 and bool(bus.twin.conditioned) == (interval <= 8)
    assert "sraw_nox" in samples[-1].status and samples[-1].status["sraw_nox"] > 0


def test_a_lost_port_does_not_condition_it_again_but_a_cut_supply_does():
    device, bus = sgp41(1), Time("sgp41")
    for _ in range(10):
        device.read(bus, {}, 0.5)
        bus.now += 1
    device.begun = False
    assert "sraw_nox" in device.read(bus, {}, 0.5).status
    device.powered_off()
    assert device.read(bus, {}, 0.5).status["conditioning"] == 1


def test_both_indices_come_after_the_blackout_and_only_voc_is_remembered():
    device, bus = sgp41(1), Time("sgp41")
    samples = [device.read(bus, {}, 0.5) for _ in range(60)]
    assert samples[10].reason == "warm_up" and samples[10].fields == {"voc_index": "warm_up", "nox_index": "warm_up"}
    assert set(samples[-1].values) == {"voc_index", "nox_index"} and not samples[-1].fields
    assert len(device.process.memory()) == 3, "of VOC: the maker lets NOx not be restored"


CELLS = (
    'cell=[{model="NO2-B43F", we=0, ae=1, we_electronic=225, ae_electronic=230, sensitivity=0.3},'
    ' {model="OX-B431", we=2, ae=3, we_electronic=240, ae_electronic=245, sensitivity=0.4, no2_sensitivity=0.35}]'
)
FRAME = bytes.fromhex("C38307D0 D3830780 E3830898 F3830820")  # 250, 240, 275, 260 mV


def cells(text=CELLS):
    return settings_of(find("alphasense4"), [text])


def test_four_electrodes_at_a_temperature_between_two_points_of_the_table():
    """By hand, AAN 803, 15 °C: n is 0.8 and 1.6; NO2 (25 - 8) / 0.3, OX (35 - 24 - 0.35 NO2) / 0.4; ppb to µg/m³ at 298.15 K."""
    sample = alphasense4.sample(FRAME, cells(), 15.0)
    no2 = 17 / 0.3
    assert sample.values["no2"] == pytest.approx(no2 * 46.006 / 24.465, rel=1e-4)
    assert sample.values["o3"] == pytest.approx((11 - 0.35 * no2) / 0.4 * 47.998 / 24.465, rel=1e-4), "negative is true"
    assert sample.status["no2_we_mv"] == 250.0 and sample.status["o3_ae_mv"] == 260.0


def test_the_third_equation_takes_the_zeros_of_the_sensor_too():
    """By hand, AAN 803, OX-A431 at 20 °C, k' = 1.0: (35 - (-3 - 2) - 15 - 0.35 NO2) / 0.4, NO2-A43F n = 1.8: (25 - 18) / 0.3."""
    text = CELLS.replace("B43F", "A43F").replace("OX-B431", "OX-A431").replace("ae=3,", "ae=3, we_zero=-3, ae_zero=2,")
    sample = alphasense4.sample(FRAME, cells(text), 20.0)
    assert sample.status["no2_ppb"] == pytest.approx(7 / 0.3, abs=1e-3)
    assert sample.status["o3_ppb"] == pytest.approx((35 + 5 - 15 - 0.35 * 7 / 0.3) / 0.4, abs=1e-3)


def test_its_own_factors_stand_above_the_table():
    text = CELLS.replace("sensitivity=0.3}", "sensitivity=0.3, factors=[1, 1, 1, 1, 1, 1, 1, 1, 1]}")
    assert alphasense4.sample(FRAME, cells(text), 15.0).status["no2_ppb"] == pytest.approx(15 / 0.3, abs=1e-3)


@pytest.mark.parametrize(("temperature", "reason"), [(None, "gap"), (-30.1, "range"), (50.1, "range")])
def test_without_a_good_temperature_there_are_voltages_and_no_value(temperature, reason):
    sample = alphasense4.sample(FRAME, cells(), temperature)
    assert not sample.usable and sample.fields == {"no2": reason, "o3": reason}
    assert sample.status["no2_we_mv"] == 250.0 and sample.status["raw_3"] == 2080


def test_ozone_needs_a_good_no2():
    saturated = bytes.fromhex("C3837FFF D3830780 E3830898 F3830820")
    assert alphasense4.sample(saturated, cells(), 15.0).fields == {"no2": "saturated", "o3": "saturated"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cell=[]", "at least one"),
        (CELLS.replace("we=2", "we=1"), "named once"),
        (CELLS.replace("OX-B431", "NO2-A43F"), "named once"),
        (CELLS.replace(", no2_sensitivity=0.35", ""), "sees NO2 too"),
        (CELLS.replace("sensitivity=0.3}", "sensitivity=0.3, factors=[1, 2]}"), "nine numbers"),
    ],
)
def test_cells_that_contradict_each_other_are_told(text, told):
    with pytest.raises(ValueError, match=told):
        alphasense4.measures(cells(text))


def test_every_table_of_factors_is_whole_and_names_its_source():
    for table in alphasense4.tables().values():
        assert len(table["factors"]) == alphasense4.POINTS and table["equation"] in (1, 3) and table["source"]
        assert table["gas"] in alphasense4.GASES


def test_a_lamp_that_does_not_burn_is_no_clean_air():
    driver = find("pid")
    settings = driver.settings(zero=50, sensitivity=20)
    sample = driver.read(Time("pid", lamp=False), {}, settings)
    assert sample.reason == "device_fault" and sample.status["raw"] == 40 and not sample.values
    assert driver.read(Time("pid", ppm=60.0), {}, settings).reason == "saturated"
    near = driver.read(Time("pid", ppm=60.0), {}, driver.settings(zero=50, sensitivity=20, full_scale=0.512))
    assert near.reason == "saturated" and near.status["raw"] == 32767


def test_a_pid_without_its_calibration_is_told():
    driver = find("pid")
    with pytest.raises(ValueError, match="zero and sensitivity"):
        driver.measures(driver.settings())
    with pytest.raises(ValueError, match="lamp_out"):
        driver.measures(driver.settings(zero=20, sensitivity=20))


def test_the_converter_is_read_when_it_is_done_and_another_programs_setting_is_told():
    """ADS1115 data sheet, section 9.3: single shot of AIN0 in 4.096 V at 128/s is 0xC383."""
    assert _ads1115.configuration(0, 4.096) == 0xC383
    bus = Time("pid")
    bus.twin.write(b"\x01\xc3\x83", bus.now)
    assert bus.twin.read(2, bus.now + 0.001) == b"\x43\x83", "busy: bit 15 is clear"
    with pytest.raises(Foreign):
        _ads1115.read(Meddler("pid"), [0], 4.096)


class Meddler(Time):
    """Somebody else who uses the converter between our two steps."""

    def transfer(self, write, read=0, wait=0.0):
        answer = super().transfer(write, read, wait)
        if len(write) == 3:
            self.twin.write(b"\x01\xd5\x83", self.now)
        return answer
