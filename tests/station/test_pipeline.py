"""From a reading to flagged, corrected numbers: the raw one is kept, the certificate is named."""

from datetime import date

from calibration.certificate import parse
from calibration.limits import Limits
from drivers.errors import NoAnswer
from drivers.sample import Flag, Sample
from station.config import parse as parse_config
from station.pipeline import Pipeline
from station.reading import Reading

CONFIG_TEXT = """
[station]
id = "T"
name = "T"
[[bus]]
name = "i2c"
kind = "i2c"
port = "/dev/i2c-1"
[[instrument]]
name = "climate"
driver = "sht3x"
bus = "i2c"
serial = "S-1"
"""
CONFIG = parse_config(CONFIG_TEXT, "x")
CERTIFICATE = parse(
    'model = "sht3x"\nserial = "S-1"\nquantity = "temperature"\ndate = 2026-01-01\nvalid_until = 2026-12-31\n'
    'author = "Wang Li"\n[correction]\nmethod = "linear"\ngain = 1.1\noffset = -1.0\n'
)
LIMITS = {"temperature": Limits(-40, 60, stuck=10.0)}


def pipeline(day=date(2026, 6, 1)):
    made = Pipeline(CONFIG.instruments, LIMITS, [CERTIFICATE])
    made.choose_certificates(day)
    return made


def read(made, value, moment=0.0, warm=True):
    made.take(Reading("climate", moment, Sample({"temperature": value}, {"humidity": "sentinel"}), None, warm))
    return made.channels["climate"]["temperature"].latest


def test_the_corrected_value_stands_beside_the_raw_one_with_its_certificate():
    made = pipeline()
    latest = read(made, 20.0)
    assert (latest.value, latest.raw, latest.flag) == (21.0, 20.0, Flag.PASS)
    row = made.close(1.0)[0]
    assert (row.value, row.raw, row.certificate) == (21.0, 20.0, CERTIFICATE.id)


def test_another_serial_number_than_configured_is_told_as_swapped():
    made = pipeline()
    made.take(Reading("climate", 0.0, Sample({"temperature": 20.0, "humidity": 50.0}), identity="other-7"))
    latest = made.channels["climate"]["temperature"].latest
    assert (latest.raw, latest.flag, latest.reason) == (20.0, Flag.SUSPECT, "swapped")
    made.take(Reading("climate", 1.0, Sample({"temperature": 20.0, "humidity": 50.0}), identity="SN s-1 v2"))
    assert made.channels["climate"]["temperature"].latest.flag is Flag.PASS


def test_of_a_slow_instrument_nothing_is_due_in_most_intervals():
    config = parse_config(CONFIG_TEXT + "interval = 300\n", "x")
    made = Pipeline(config.instruments, LIMITS, [])
    assert made.close(60.0) == [], "absent, not missing"
    made.take(Reading("climate", 1.0, Sample({"temperature": 20.0, "humidity": 50.0})))
    rows = made.close(60.0)
    assert [(row.quantity, row.count, row.expected, row.flag) for row in rows] == [
        ("temperature", 1, 1, 1),
        ("humidity", 1, 1, 1),
    ]


def test_a_result_of_an_analyser_carries_its_own_time_and_the_next_interval_has_none():
    made = pipeline()
    made.take(Reading("climate", 0.0, Sample({"temperature": 20.0, "humidity": 50.0}, taken="2026-11-03T08:00:05")))
    rows = made.close(60.0)
    assert rows[0].taken == "2026-11-03T08:00:05" and rows[0].entries()[-1] == rows[0].taken and len(rows[0].entries()) == 13
    assert rows[0].expected == 1 and made.close(60.0) == []


def test_an_expired_certificate_flags_and_does_not_stop():
    latest = read(pipeline(date(2027, 1, 1)), 20.0)
    assert (latest.value, latest.flag, latest.reason) == (21.0, Flag.SUSPECT, "out_of_calibration")


def test_a_certificate_that_has_not_begun_is_not_used():
    assert read(pipeline(date(2025, 12, 31)), 20.0).value == 20.0


def test_impossible_values_fail_and_are_kept():
    latest = read(pipeline(), 200.0)
    assert (latest.raw, latest.flag, latest.reason) == (200.0, Flag.FAIL, "range")


def test_the_same_number_for_too_long_is_stuck():
    made = pipeline()
    flags = [read(made, 20.0, float(moment)).reason for moment in range(12)]
    assert flags == [""] * 10 + ["stuck"] * 2, "ten readings before it, one a second, are ten seconds"
    assert read(made, 20.1, 11.0).reason == ""


def test_warm_up_and_maintenance_are_doubts():
    made = pipeline()
    assert (read(made, 20.0, warm=False).flag, read(made, 20.0, warm=False).reason) == (Flag.SUSPECT, "warm_up")
    made.maintenance = True
    assert read(made, 20.0).reason == "maintenance"


def test_an_error_is_a_missing_value_with_its_reason():
    made = pipeline()
    made.take(Reading("climate", 0.0, None, NoAnswer()))
    assert {channel.latest.reason for channel in made.channels["climate"].values()} == {"timeout"}
    assert {row.flag for row in made.close(1.0)} == {Flag.MISSING}


def test_a_field_that_the_device_cannot_give_has_its_own_reason():
    made = pipeline()
    read(made, 20.0)
    rows = {row.quantity: row for row in made.close(1.0)}
    assert rows["humidity"].reason == "sentinel" and rows["humidity"].value is None


def test_companions_are_fresh_and_good():
    made = pipeline()
    read(made, 20.0, 100.0)
    assert made.companions(105.0) == {"temperature": 21.0} and made.companions(200.0) == {}
    read(made, 200.0, 106.0)
    assert made.companions(107.0) == {}
