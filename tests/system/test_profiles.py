"""Each profile owes what the district's plan says of its kind of station: channels, metrics and alarms, at both platforms.

The expectations are written by hand from the plan's words, not from the profiles.
"""

import json
from dataclasses import dataclass, field

import pytest

from station.cli.main import main
from station.config import parse
from station.upkeep.profile import profiles
from tests.system.profile_run import day

CALM = {}


@dataclass(frozen=True)
class Owed:
    """What a kind of station owes.

    channels, codes  INSTRUMENT.QUANTITY at MQTT; factor codes with numbers in the minute data (2051) of HJ 212
    hourly, daily    metrics
    alarms           those that the day's events raise
    holds            from which hour on the world is held at what
    day_fields       what stands in the daily data (2031)
    """

    channels: str
    codes: str
    hourly: str
    daily: str
    alarms: str
    holds: list
    day_fields: str = ""
    hosts: int = 1
    facts: dict = field(default_factory=dict)


def loud(begin, end, level, **more):
    """From one hour to another a level that wavers, as levels do: one that stands still is doubted."""
    steps = int((end - begin) * 12)
    return [*((begin + n / 12, {"noise": level + n % 3, **more}) for n in range(steps)), (end, CALM)]


LEVELS = "noise.laeq noise.la5 noise.la10 noise.la50 noise.la90 noise.la95"
LEVEL_CODES = "Leq L5 L10 L50 L90 L95 LMx LMn"
NIGHT_AND_DAY = "Ld-DayData Ln-NightData Ldn-Data"

PLAN = {
    "village-air": Owed(
        "pm.pm1 pm.pm25 pm.pm10 climate.temperature climate.humidity",
        "a34005 a34004 a34002 a01001 a01002",
        "aqi", "aqi", "pm25-high",
        [(10, {"pm25": 400.0}), (11, CALM)],
        "a34004-Avg",
        facts={"aqi": {"iaqi", "aqi", "publish"}},
    ),
    "park-voc": Owed(
        "pid.tvoc mox.voc_index climate.temperature climate.humidity wind.wind_speed wind.wind_direction",
        "a99054 vocindex a01001 a01002 a01007 a01008",
        "voc", "voc", "voc-plume",
        [(15, {"tvoc": 9000.0}), (16, CALM)],
        facts={"voc": {"baseline", "rose"}},
    ),
    "ozone": Owed(
        "gas.o3 gas.no2 pm.pm25 climate.temperature climate.humidity climate.pressure",
        "a05024 a21004 a34004 a01001 a01002 a01006",
        "aqi", "aqi", "o3-high pm25-high",
        [(12, {"o3": 160.0, "pm25": 400.0}), (14, CALM)],
        facts={"aqi": {"iaqi", "concentrations"}},
    ),
    "noise-zone": Owed(
        f"{LEVELS} wind.wind_speed rain.rain", f"{LEVEL_CODES} a01007", "zone", "zone", "zone",
        loud(9, 12.2, 70.0), NIGHT_AND_DAY,
        facts={"zone": {"ld", "ln", "ldn", "compliant"}},
    ),
    "noise-road": Owed(
        f"{LEVELS} wind.wind_speed rain.rain", f"{LEVEL_CODES} a01007", "road", "road", "road loud",
        [*loud(9, 12.2, 76.0), *loud(14, 14.1, 92.0)], NIGHT_AND_DAY,
        facts={"road": {"ld", "ln", "ldn", "compliant"}},
    ),
    "noise-site": Owed(
        f"{LEVELS} wind.wind_speed rain.rain vane.wind_direction pm.pm10 dust.tsp",
        f"{LEVEL_CODES} a01007 a01008 a34002 a34001", "site aqi", "site aqi", "site dust",
        loud(9, 11.2, 82.0, tsp=900.0), NIGHT_AND_DAY,
        facts={"site": {"ld", "ln", "ldn", "compliant"}},
    ),
    "reservoir-inflow": Owed(
        "ph.ph oxygen.dissolved_oxygen conductivity.conductivity turbidity.turbidity ph.water_temperature nh3n.ammonia_nitrogen "
        "codmn.codmn tp.total_phosphorus tn.total_nitrogen level.water_level flow.flow",
        "w01001 w01009 w01014 w01003 w01010 w21003 w01019 w21011 w21001 level flow",
        "", "class nitrogen-load", "class nitrogen-jump ammonia-jump turbidity",
        [(7, {"oxygen": 2.5, "turbidity": 300.0, "total_nitrogen": 30.0, "ammonia_nitrogen": 4.0}), (17, CALM)],
        "w21001-Avg", hosts=2,
        facts={"class": {"class", "deciding", "target"}, "nitrogen-load": {"load", "unit"}},
    ),
    "outfall": Owed(
        "cod.cod nh3n.ammonia_nitrogen tp.total_phosphorus tn.total_nitrogen ph.ph flow.flow flow.volume_total pump.running "
        "disinfection.running mains.energy",
        "w01018 w21003 w21011 w21001 w01001 w00000 volume energy",
        "volume electricity pump-hours disinfection-hours",
        "volume electricity pump-hours disinfection-hours nitrogen-load",
        "ph cod-high ammonia-high phosphorus-high nitrogen-high disinfection-off",
        [(7, {"cod": 90.0, "ammonia_nitrogen": 15.0, "total_phosphorus": 3.0, "total_nitrogen": 40.0, "ph": 9.3, "running": 0.0}),
         (13, CALM)],
        "w01018-Avg w00000-Cou",
        facts={"volume": {"total", "unit"}, "electricity": {"total"}, "pump-hours": {"total"}},
    ),
    "well": Owed(
        "level.water_level conductivity.water_temperature conductivity.conductivity ph.ph turbidity.turbidity "
        "chlorine.residual_chlorine battery.battery_voltage battery.load_power",
        "level w01010 w01014 w01001 w01003 chlorine battery",
        "level", "level battery", "level-low turbidity chlorine-low battery",
        [(10, {"water_level": 0.2, "turbidity": 9.0, "residual_chlorine": 0.1, "battery_voltage": 10.9}), (12, CALM)],
        facts={"battery": {"days", "enough", "target"}},
    ),
    "mobile": Owed(
        "place.latitude place.longitude place.speed wheel.pm25 wheel.pm10 roof.pm25 roof.pm10 "
        "climate.temperature climate.humidity",
        "l01001 l01002 speed wheel25 wheel10 a34004 a34002 a01001 a01002",
        "road-dust", "road-dust", "dust",
        [(10, {"pm25": 200.0}), (11, CALM)],
        facts={"road-dust": {"difference", "background"}},
    ),
}  # fmt: skip


def numbers(told, cn):
    """Names of the fields with a number in the data of one command."""
    fields = [field.partition("=") for row in told if row[2] == cn for field in row[5].replace(";", ",").split(",")]
    return {name for name, _equals, value in fields if value.replace(".", "", 1).lstrip("-").isdigit() and name != "DataTime"}


def test_the_plan_names_every_profile():
    assert sorted(PLAN) == profiles()


@pytest.mark.parametrize("name", PLAN)
def test_the_configuration_is_good(name, tmp_path, capsys):
    from station.upkeep.profile import profile

    (tmp_path / "station.toml").write_text(profile(name), "utf-8")
    assert main(["config", "check", str(tmp_path / "station.toml")]) == 0, capsys.readouterr()


@pytest.mark.parametrize("name", PLAN)
def test_a_demo_waits_for_nothing_longer_than_its_interval(name):
    """But for a device that cannot be asked as often."""
    from station.upkeep.profile import profile, quickened

    source = profile(name)
    made = parse(quickened(source, parse(source, name), 5), name)
    assert made.station.interval == 5
    for one in made.instruments:
        assert one.model.warm_up <= 5 and one.period <= max(5, one.model.least_interval), one.name
    assert all(one.settings.every <= 5 for one in made.destinations)


@pytest.mark.system
@pytest.mark.parametrize("name", PLAN)
def test_a_day_at_both_platforms(name):
    owed = PLAN[name]
    run = day(name, owed.holds)
    assert run["mqtt_missing"] == 0
    rows = [row for one in run["mqtt"] if one["kind"] == "interval" for row in one["body"]]
    assert set(owed.channels.split()) <= {f"{row[0]}.{row[1]}" for row in rows if row[3] is not None and row[9] <= 3}
    bodies = [one["body"] for one in run["mqtt"] if one["kind"] != "interval"]
    metrics = {(one["metric"], one["span"]): one for one in bodies if one["code"] == "metric"}
    wanted = {(metric, span) for span, names in (("hour", owed.hourly), ("day", owed.daily)) for metric in names.split()}
    assert set(metrics) == wanted
    for metric, facts in owed.facts.items():
        told = metrics[metric, "day"]
        assert facts <= told.keys() and all(told[fact] is not None for fact in facts), told
    raised = {one["alarm"] for one in bodies if one["code"] == "raised"}
    assert raised >= set(owed.alarms.split())
    assert len(run["hosts"]) == owed.hosts
    for host in run["hosts"].values():
        assert host["missing"] == 0 and host["problems"] == [] and host["odd"] == [] and host["frames"] > 100
        codes = {field.partition("-")[0] for field in numbers(host["told"], "2051")}
        assert codes >= set(owed.codes.split())
        assert numbers(host["told"], "2031") >= set(owed.day_fields.split())
        lines = "\n".join(host["notices"])
        assert all(f"alarm: {alarm} " in lines for alarm in owed.alarms.split())
        assert all(f"metric: {metric} " in lines for metric, _span in wanted)


@pytest.mark.system
def test_the_demo_of_a_profile(capsys):
    """Real processes: the worse of the platforms counts, each is told, pauses and radio windows are as short as the interval."""
    assert main(["demo", "--profile", "well", "--for", "14", "--interval", "2", "--json"]) == 0
    verdict = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert verdict["ok"] and verdict["missing"] == 0 and verdict["delivered"] == verdict["stored"]
    assert set(verdict["destinations"]) == {"district", "bureau"}
    assert all(one["missing"] == 0 and not one["problems"] for one in verdict["destinations"].values())


def test_the_demo_of_no_profile(capsys):
    assert main(["demo", "--profile", "wells", "--lang", "en"]) == 2
    assert "well" in capsys.readouterr().err


def test_a_simulated_day_as_json(capsys):
    assert main(["sim", "day", "--profile", "well", "--day", "2026-11-23", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["intervals"] == told["due"] == 144 and told["completeness"]["level.water_level"] > 0.9
    assert {(one["metric"], one["span"]) for one in told["metrics"]} == {("level", "hour"), ("level", "day"), ("battery", "day")}
    assert main(["sim", "day", "--profile", "well", "--day", "soon", "--lang", "en"]) == 2
