"""What becomes of one number: tests, companions, correction. A flag changes no value; nothing is half corrected."""

import pytest

from calibration.certificate import parse as certificate
from calibration.limits import defaults
from drivers.errors import NoAnswer
from drivers.sample import Flag, Sample
from station.config import BadConfig
from station.config import parse as configure
from station.device import Device
from station.pipeline import Pipeline
from station.reading import Reading
from station.revival import GRACE, Revival
from tests.calibration.examples import DAY, certificate_text

CONFIG = """
[station]
id = "T"
name = "T"
[[bus]]
name = "pm"
kind = "uart"
port = "/dev/ttyX"
[[bus]]
name = "two"
kind = "uart"
port = "/dev/ttyY"
[[bus]]
name = "i2c"
kind = "i2c"
port = "/dev/i2c-1"
[[instrument]]
name = "pm"
driver = "pms5003"
bus = "pm"
serial = "P"
[[instrument]]
name = "twin"
driver = "pms5003"
bus = "two"
[[instrument]]
name = "climate"
driver = "sht3x"
bus = "i2c"
"""
SMOOTH = "[quality.pm25]\nspike = 1000\nspike_fail = 1000\n"
GROWTH = certificate_text("kappa_kohler", {"kappa": 0.33, "density": 1.65}, humidity="climate.humidity")


def pipeline(more=SMOOTH, *certificates):
    config = configure(CONFIG + more, "x")
    made = Pipeline(config.instruments, config.limits, [certificate(text) for text in certificates])
    made.choose_certificates(DAY)
    return made


def read(made, pm25, moment=0.0, name="pm", **also):
    made.take(Reading(name, moment, Sample({"pm25": pm25, "pm10": pm25 + 5.0} | also)))
    return made.channels[name]["pm25"].latest


def humid(made, humidity, moment=0.0):
    made.take(Reading("climate", moment, Sample({"temperature": 20.0, "humidity": humidity})))


def row_of(made, name="pm", key="pm25"):
    return next(row for row in made.close(2.5) if (row.instrument, row.quantity) == (name, key))


def test_without_a_certificate_a_number_that_needs_one_is_out_of_calibration():
    made = pipeline()
    latest = read(made, 30.0)
    assert (latest.value, latest.flag, latest.reason) == (30.0, Flag.SUSPECT, "out_of_calibration")
    humid(made, 50.0)
    assert made.channels["climate"]["humidity"].latest.flag is Flag.PASS, "the data of quality.toml decide which need one"
    made = pipeline(SMOOTH + "calibrated = false\n")
    assert read(made, 30.0).flag is Flag.PASS


def test_a_companion_is_taken_by_name_and_told_in_the_row():
    made = pipeline(SMOOTH, GROWTH)
    humid(made, 80.0)
    assert read(made, 90.0).value == pytest.approx(50.0)
    row = row_of(made)
    assert (row.value, row.raw, row.flag) == (50.0, 90.0, 1)
    assert row.certificate == f"{certificate(GROWTH).id}+climate.humidity"


@pytest.mark.parametrize("trouble", ["never", "stale", "failed", "missing", "saturated"])
def test_without_its_companion_the_raw_value_goes_on_flagged(trouble):
    made = pipeline(SMOOTH, certificate_text("growth_nilson", {}, humidity="climate.humidity"))
    if trouble == "missing":
        humid(made, 50.0, 99.0)
        made.take(Reading("climate", 100.0, None, NoAnswer()))
    elif trouble != "never":
        humid(made, {"failed": 120.0, "saturated": 100.0}.get(trouble, 50.0), 50.0 if trouble == "stale" else 100.0)
    latest = read(made, 90.0, 100.5)
    assert (latest.value, latest.raw, latest.flag) == (90.0, 90.0, Flag.SUSPECT)
    assert latest.reason == ("condensation" if trouble == "saturated" else "out_of_calibration")
    assert row_of(made).certificate == "", "no correction was applied"


def test_corrected_and_raw_values_are_never_averaged():
    made = pipeline(SMOOTH, GROWTH.replace("2099", "2026"))  # expired: corrected ones are suspect too
    made.choose_certificates(DAY.replace(year=2050))
    humid(made, 80.0, 0.0)
    read(made, 90.0, 1.0)
    read(made, 90.0, 100.0)
    row = row_of(made)
    assert (row.value, row.count, row.flag, row.reason) == (50.0, 1, 3, "out_of_calibration") and row.certificate


def test_the_input_of_a_published_form_may_be_another_channel_of_the_same_frame():
    made = pipeline(SMOOTH, certificate_text("us_2021", {}, input="pm.pm25_cf1", humidity="climate.humidity"))
    humid(made, 50.0)
    # AMT 14, 4617: 0.524 × 100 − 0.0862 × 50 + 5.75
    assert read(made, 70.0, pm25_cf1=100.0).value == pytest.approx(53.84)
    assert read(made, 70.0, 1.0, pm25_cf1=200.0).value == pytest.approx(106.24), "of this frame, not of the one before"


def test_a_spike_is_flagged_when_its_successor_has_come():
    made = pipeline("", certificate_text("linear", {"gain": 1.0, "offset": 0.0}))
    for moment, value in enumerate([10.0, 10.0, 60.0, 10.0, 10.0]):
        read(made, value, float(moment))
    row = row_of(made)
    # |60 − 10| > 30 suspect; its neighbours stand 25 off the middle of theirs: they pass
    assert (row.value, row.count, row.expected, row.high) == (10.0, 4, 5, 10.0)
    for value in (10.0, 10.0, 400.0, 10.0):
        read(made, value)
    assert row_of(made).value == 10.0


def test_the_end_of_an_interval_has_no_successor():
    made = pipeline("", certificate_text("linear", {"gain": 1.0, "offset": 0.0}))
    read(made, 10.0)
    row_of(made)
    read(made, 60.0, 60.0)
    row = row_of(made)
    assert (row.value, row.flag) == (60.0, 1), "not evaluated, and stored"


def test_air_full_of_water_and_parts_larger_than_the_whole():
    made = pipeline(SMOOTH, certificate_text("linear", {"gain": 1.0, "offset": 0.0}))
    humid(made, 96.0)
    assert (read(made, 30.0).reason, read(made, 30.0).value) == ("condensation", 30.0)
    humid(made, 60.0)
    made.take(Reading("pm", 1.0, Sample({"pm1": 20.0, "pm25": 40.0, "pm10": 30.0})))
    reasons = {key: made.channels["pm"][key].latest.reason for key in ("pm1", "pm25", "pm10")}
    assert reasons == {"pm1": "", "pm25": "inconsistent", "pm10": "inconsistent"}


def test_twins_that_disagree():
    beside = '[quality."pm.pm25"]\nbeside = "twin.pm25"\napart = 5\napart_share = 0.61\nspike = 1000\nspike_fail = 1000\n'
    made = pipeline(beside, certificate_text("linear", {"gain": 1.0, "offset": 0.0}))
    read(made, 10.0, name="twin")
    assert [read(made, value).reason for value in (14.0, 25.0)] == ["", "inconsistent"]
    assert read(made, 25.0, 100.0).reason == "", "the twin's number is old"


def test_two_channels_give_their_mean_or_their_disagreement():
    made = pipeline(SMOOTH, certificate_text("two_channels", {}, other="twin.pm25"))
    read(made, 12.0, name="twin")
    assert (read(made, 10.0).value, read(made, 10.0).reason) == (11.0, "")
    latest = read(made, 40.0)
    assert (latest.value, latest.flag, latest.reason) == (40.0, Flag.SUSPECT, "inconsistent")


def test_climate_rate_and_attenuation_may_be_set_for_one_channel():
    months = f"climate_low = {[-10] * 12}\nclimate_high = {[5] * 12}\n"
    made = pipeline(f'[quality."climate.temperature"]\n{months}rate = 2\nrate_over = 60\n')
    temperature = made.channels["climate"]["temperature"]

    def reasons(*series):
        return [temperature.take(value, moment, "", {}) or temperature.latest.reason for moment, value in series]

    assert reasons((0.0, 4.0), (1.0, 6.0)) == ["", "climatology"]
    assert reasons((100.0, 4.01), (130.0, 4.02), (200.0, 4.5)) == ["", "", "rate"]
    made = pipeline("[quality.temperature]\nswing = 0.5\nswing_over = 12\n")
    for moment in range(24):
        humid(made, 50.0, float(moment))
    assert made.channels["climate"]["temperature"].latest.reason == "attenuated"


def test_one_instrument_may_be_worked_on_while_the_others_go_on():
    made = pipeline()
    made.maintained.add("pm")
    assert read(made, 30.0).reason == "maintenance" and read(made, 30.0, name="twin").reason == "out_of_calibration"
    made.maintained.clear()
    made.under_voltage = True
    assert read(made, 30.0).reason == "under_voltage"


def test_a_stuck_sensor_is_restarted_once_and_then_told():
    made = pipeline("[quality.pm25]\nstuck = 3\n")
    restarted = []
    models = {name: one["pm25"].instrument.model for name, one in made.channels.items() if name != "climate"}
    models["climate"] = made.channels["climate"]["humidity"].instrument.model
    revival = Revival(made, models, restarted.append)
    for moment in range(6):
        read(made, 50.0, float(moment))
    made.maintained.add("pm")
    assert revival.look(5.0) == [], "in a buffer nothing moves"
    made.maintained.clear()
    first = revival.look(6.0)
    assert restarted == ["pm"] and '"stuck"' in first[0] and '"sleep"' in first[0] and len(first) == 1
    assert revival.look(7.0) == [] and revival.look(6.0 + models["pm"].warm_up + GRACE - 1) == []
    assert ['"still_stuck"' in body for body in revival.look(6.0 + models["pm"].warm_up + GRACE)] == [True]
    assert revival.look(9999.0) == [] and restarted == ["pm"]
    read(made, 60.0, 10.0)
    assert revival.look(10001.0) == []
    for moment in range(6):
        read(made, 50.0, 20.0 + moment)
    assert len(revival.look(10002.0)) == 1 and restarted == ["pm", "pm"]


class Port:
    """A port that keeps what it was told; also the bus that gives it."""

    def __init__(self):
        self.sent = []

    def port(self, _address, _deadline):
        return self

    def send(self, data):
        self.sent.append(data.hex())

    def pause(self, _seconds):
        pass


def test_a_restart_is_sleep_and_wake_and_a_new_beginning():
    device, bus = Device(configure(CONFIG, "x").instruments[0]), Port()
    device.begun = True
    device.restart(bus, 100.0)
    assert bus.sent[0] == "424de400000173" and "424de400010174" in bus.sent, "PMS5003 manual: sleep, wake"
    assert not device.begun and not device.warm(100.0 + device.model.warm_up - 1), "it warms up anew"


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ('[quality."pm.pm26"]\nlow = 0\n', "no channel"),
        ('[quality.pm25]\nbeside = "twn.pm25"\n', "Did you mean 'twin.pm25'"),
        ("[quality.pm25]\nclimate_low = [1, 2]\n", "twelve"),
        ("[quality.pm25]\nlow = 5\nhigh = 1\n", "above"),
        ("[quality.pm25]\napart = 5\n", "beside"),
        ('[quality.pm25]\nat_most = "pm11"\n', "pm11"),
    ],
)
def test_thresholds_that_make_no_sense_are_told(more, word):
    with pytest.raises(BadConfig, match=word):
        configure(CONFIG + more, "x")


def test_what_holds_for_a_quantity_is_the_base_of_what_holds_for_a_channel():
    config = configure(CONFIG + '[quality."pm.pm25"]\nhigh = 400\n[quality.pm25]\nlow = 1\n', "x")
    assert (config.limits["pm.pm25"].low, config.limits["pm.pm25"].high) == (1.0, 400.0)
    assert config.limits["pm.pm25"].spike == defaults()["pm25"].spike and config.limits["pm25"].high == 1000.0
