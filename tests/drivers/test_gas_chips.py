"""Gas chips and modules: what the makers' own examples say, what a dip of the supply does, and what must never be said."""

import pytest

from drivers.catalogue import find
from drivers.errors import Foreign, NoAnswer
from drivers.gas import ens160, sgp30
from drivers.sensirion import words
from station.config import parse
from station.device import Device
from tests.drivers.test_chips import Time


class Bus(Time):
    """As the door to I2C tells it."""

    def transfer(self, write, read=0, wait=0.0):
        try:
            return super().transfer(write, read, wait)
        except OSError:
            raise NoAnswer from None


def read(name, bus, environment=None, **settings):
    driver = find(name)
    return driver.read(bus, environment or {}, driver.settings(**settings))


def begun(name, settings=None, **twin):
    bus, driver = Bus(name, **twin), find(name)
    driver.begin(bus, driver.settings(**(settings or {})))
    return bus


def until_usable(name, bus, step=1.0, tries=20):
    """Each reason until it is well."""
    told = []
    for _ in range(tries):
        told.append(read(name, bus).reason)
        if not told[-1]:
            return told
        bus.now += step
    raise AssertionError(told)


@pytest.mark.parametrize("name", ["scd30", "scd4x"])
def test_a_dip_of_the_supply_is_told_and_it_measures_again(name):
    bus = begun(name)
    assert until_usable(name, bus)[-1] == ""
    bus.twin.cut()
    told = until_usable(name, bus)
    assert told[0] == "not_started" and set(told[:-1]) <= {"not_started", "warm_up"}


@pytest.mark.parametrize("name", ["scd30", "scd4x"])
def test_no_carbon_dioxide_is_no_measurement(name):
    bus = begun(name, zeros=1)
    assert "warm_up" in until_usable(name, bus, step=5.0)


def test_an_scd4x_that_measures_already_is_left_alone_while_it_has_nothing_new():
    bus = begun("scd4x")
    sample = read("scd4x", bus)
    assert (sample.reason, sample.values) == ("warm_up", {}), "the first values take five seconds"
    assert bus.twin._began is not None and bus.twin.written == 1
    assert until_usable("scd4x", bus)[-1] == ""


@pytest.mark.parametrize(("name", "again"), [("scd30", 1), ("scd4x", 2), ("sen66", None)])
def test_the_altitude_is_told_and_a_memory_that_wears_is_written_once(name, again):
    bus = begun(name, {"altitude": 512})
    assert bus.twin.altitude == 512
    find(name).begin(bus, find(name).settings(altitude=512))
    assert bus.twin.altitude == 512 and getattr(bus.twin, "written", None) == again


def test_a_sen66_that_measures_already_goes_on():
    bus = begun("sen66")
    bus.now += 20
    began = bus.twin._began
    find("sen66").begin(bus, find("sen66").settings())
    assert bus.twin._began == began, "a start would not be acknowledged, and the indices would learn anew"
    assert until_usable("sen66", bus) == [""]


@pytest.mark.parametrize(("part", "missing"), [("pm", "pm25"), ("co2", "co2"), ("gas", "voc_index"), ("fan_speed", "pm10")])
def test_a_sen66_with_a_broken_part_keeps_its_others(part, missing):
    bus = begun("sen66", fault=part)
    bus.now += 20
    sample = read("sen66", bus)
    assert missing not in sample.values and sample.fields[missing] in ("sentinel", "device_fault")
    assert "temperature" in sample.values and sample.status[part] == 1


def test_a_sen66_that_lost_its_power_is_started_again():
    bus = begun("sen66", brown_out=5.0)
    bus.now += 6
    told = until_usable("sen66", bus)
    assert told[0] == "not_started" and told[-1] == ""


def test_sgp30_humidity_is_sent_as_its_integration_guide_and_a_public_driver_have_it():
    """dbrgn/sgp30-rs, set_humidity: 15.5 g/m³ are 0F 80 62; the guide: at 25 °C and 50 % air holds 11.5 g/m³."""
    assert sgp30.absolute_humidity(25.0, 50.0) == pytest.approx(11.5, abs=0.05)
    assert words(round(15.5 * 256).to_bytes(2, "big")) == bytes.fromhex("0f8062")
    assert sgp30.compensation({}) == bytes.fromhex("2061 000081"), "its own default"
    bus = begun("sgp30")
    read("sgp30", bus, {"temperature": 25.0, "humidity": 50.0})
    assert bus.twin.water == pytest.approx(11.5, abs=0.05)


@pytest.mark.parametrize("name", ["sgp30", "ens160"])
def test_an_equivalent_is_never_published_as_carbon_dioxide(name):
    bus = begun(name)
    bus.now += 20
    sample = read(name, bus)
    assert set(sample.values) == {"tvoc"} and sample.status["eco2"] > 400


def test_ens160_compensation_is_what_a_public_capture_writes():
    """TimHanewich/diagnosing-ens160: 25 °C is written as 137, 74, 50 % as 0, 100."""
    assert ens160.compensation({"temperature": 25.0, "humidity": 50.0})[2:] == bytes((0, 100))
    kelvin = int.from_bytes(bytes((137, 74)), "little")
    assert int.from_bytes(ens160.compensation({"temperature": 25.0, "humidity": 50.0})[:2], "little") == pytest.approx(
        kelvin, abs=1
    )
    bus = begun("ens160")
    read("ens160", bus, {"temperature": 25.0, "humidity": 50.0})
    assert bus.twin.kelvin == pytest.approx(298.15, abs=0.02) and bus.twin.humidity == 50.0


@pytest.mark.parametrize(("validity", "reason"), [(0, ""), (1, "warm_up"), (2, "warm_up"), (3, "device_fault")])
def test_ens160_values_count_only_when_it_says_so(validity, reason):
    sample = read("ens160", begun("ens160", validity=validity))
    assert sample.reason == reason and bool(sample.values) == (validity == 0)


def test_an_ens160_that_stopped_is_told_and_runs_again():
    bus = begun("ens160")
    bus.twin.mode = 0
    assert [read("ens160", bus).reason for _ in range(2)] == ["not_started", ""]


def test_another_chip_at_the_address_is_told():
    with pytest.raises(Foreign) as told:
        begun("ens160", part=0x0161)
    assert (told.value.expected, told.value.got) == ("0x0160", "0x0161")


@pytest.mark.parametrize(("gas", "key"), [("co", "co"), ("nh3", "nh3"), ("h2s", "h2s"), ("so2", "so2"), ("no2", "no2")])
def test_every_gas_of_the_module_and_none_but_the_configured_one(gas, key):
    driver, twin = find("ze25"), Time("ze25", gas=gas).twin
    frame = twin.due(36000.0)
    assert driver.decode(frame, driver.settings(quantity=key)).values[key] > 0
    with pytest.raises(Foreign):
        driver.decode(frame, driver.settings(quantity="o3"))


def test_a_second_generation_dgs_is_known_by_its_columns():
    driver = find("spec_dgs")
    lines = [Time("spec_dgs", second=second).twin.hear(b"\r", 36000.0) for second in (False, True)]
    first, second = (driver.decode(line, driver.settings()).values for line in lines)
    assert second["temperature"] == pytest.approx(first["temperature"], abs=0.51) and second["no2"] == first["no2"]


@pytest.mark.parametrize(
    ("pressed", "reason"),
    [
        ({"weighting": "C"}, "maintenance"),
        ({"hold": "max"}, "maintenance"),
        ({"limit": "over"}, "saturated"),
        ({"limit": "under"}, "range"),
    ],
)
def test_a_sound_level_meter_that_is_set_otherwise_gives_no_level(pressed, reason):
    driver, twin = find("dt8852"), Time("dt8852", level=61.5, **pressed).twin
    stream = b"".join(twin.due(float(second)) for second in range(18))
    frames = driver.split(stream).frames
    assert len(frames) == 16, "two of 18 blocks carry the memory instead"
    samples = [driver.decode(frame, None) for frame in frames]
    assert {sample.reason for sample in samples} == {reason} and not any(sample.values for sample in samples)
    assert samples[0].status["level"] == 61.5


def test_counts_are_no_dose_until_the_tube_is_known():
    pulse = find("pulse")
    with pytest.raises(ValueError, match="sensitivity"):
        pulse.measures(pulse.settings(quantity="dose_rate"))
    assert pulse.decode(b"21 60.0", pulse.settings(quantity="dose_rate")).values == {}


def test_an_sgp30_that_lost_its_power_takes_no_question_before_it_is_begun_again():
    text = '[station]\nid = "T"\nname = "T"\n[[bus]]\nname = "b"\nkind = "i2c"\nport = "x"\n'
    device = Device(parse(text + '[[instrument]]\nname = "x"\ndriver = "sgp30"\nbus = "b"\n', "x").instruments[0])
    bus = Bus("sgp30")
    assert device.read(bus, {}, 0.5).usable and device.identity == "00000064cc82"
    bus.twin._began = None
    for after in (0.0, 11.0):
        with pytest.raises(NoAnswer) as told:
            device.read(bus, {}, 0.5)
        device.failed(told.value, after)
    assert device.read(bus, {}, 0.5).usable and not device.warm(12.0), "its warm-up begins anew"
