"""The simulated Modbus devices against published registers, orders and scales; bytes worked out by hand, or recorded ones."""

from datetime import UTC, datetime

import pytest

from hw_sim.instruments import INSTRUMENTS
from hw_sim.instruments.base import Map
from hw_sim.world import World

FIXED = {
    "temperature": -10.1, "humidity": 65.8, "wind_speed": 8.6, "wind_direction": 359.6, "water_level": 12.775875, "flow": 12.5,
    "cod": 15.5, "battery_voltage": 12.8, "solar_power": 70000.0, "load_power": 3.2, "noise": 54.3,
}  # fmt: skip


class Still(World):
    """A world that stands still; `truth` says where."""

    truth = FIXED

    def value(self, name, now):
        return self.truth[name]


class Rising(World):
    """A world in which everything is the hour."""

    def value(self, name, now):
        return now / 3600


def make(model, world=None, **settings):
    return INSTRUMENTS[model](world or Still(1), settings)


def ask(made, text, now=0.0):
    reply = made.answer(bytes.fromhex(text), now)
    return None if reply is None else reply.hex()


def test_climate_below_zero():
    """The published example of the maker's manual: 0x0292 is 65.8 %, 0xFF9B is −10.1 °C."""
    assert ask(make("rs485_climate"), "0300000002") == "03040292ff9b"
    assert ask(make("rs485_climate", unit=7), "0307d00002") == "030400070001", "4800 baud is 1"
    assert ask(make("rs485_climate"), "0300020001") == "8302" and ask(make("rs485_climate"), "0400000001") == "8401"


def test_wind():
    assert ask(make("rs485_wind"), "0300000001") == "03020056", "8.6 m/s"
    assert ask(make("rs485_wind_direction"), "0300000002") == "030400000000", "359.6° is north, never 360"
    west = make("rs485_wind_direction", type("West", (Still,), {"truth": {"wind_direction": 271.0}})(1))
    assert ask(west, "0300000002") == "03040006010f", "gear 6 of 8, 271°"
    assert ask(make("rs485_wind_direction", west.world, gears=16), "0300000001") == "0302000c"


def test_modbus_exceptions():
    made = make("rs485_wind")
    assert ask(made, "0300000000") == "8303" and ask(made, "030000007e") == "8303", "0 and 126 registers"
    assert ask(made, "0300") == "8303" and ask(made, "0600000001") == "8601"
    loop = make("current_loop")
    assert ask(loop, "1010000002020003") == "9003", "the byte count does not fit"
    assert ask(loop, "10100000000000"[:12]) == "9003", "no register"


def test_a_write_of_one_register_is_no_read():
    """A noise meter said a level to function 06."""
    assert ask(make("rs485_noise"), "0600000001") == "8602"
    assert ask(make("rs485_noise"), "0300000001") == "0302021f"


@pytest.mark.parametrize(
    "model,question,reply",
    [  # 15.5 is 0x41780000, so CDAB is 0000 4178
        ("ruiquan", "0300000002", "030400004178"),
        ("keruida", "03000a0003", "0306000300004178"),
        ("zhengqi", "0300000008", "03100000417800004178" + "0000" * 4),
        ("national_water", "0310080002", "030400004178"),
        ("lida", "0306d70002", "030400004178"),
        ("bj_lida", "0303e80004", "03080000417800000004"),
        ("xinruipeng", "0310050004", "0308417800000000004e"),
        ("chuangzao", "0300000008", "030441780000"),
        ("huahou", "0329680002", "030441780000"),
        ("lingheng", "0375320002", "030400004178"),
        ("juge", "0306400005", "030a004e0000417800004178"),
        ("phototek6000", "0310080002", "030400004178"),
        ("phototek6000", "0310830004", "0308" + "0000" * 4),
    ],
)
def test_analysers(model, question, reply):
    assert ask(make(model), question) == reply.replace(" ", "")


def test_hach_analysers_are_sold_for_what_they_measure():
    """2.5 is 0x40200000, 0.125 is 0x3E000000."""
    world = type("Rich", (Still,), {"truth": {"ammonia_nitrogen": 2.5, "total_nitrogen": 2.5, "total_phosphorus": 0.125}})(1)
    assert ask(make("amtax", world), "0300000002") == "030400004020" == ask(make("na8000", world), "0300040002")
    assert ask(make("npw160", world), "0300000004") == "0308402000003e000000"


def test_probes_of_whole_numbers():
    truth = {"water_temperature": -0.5, "oxygen": 10.18, "ph": 8.01, "conductivity": 420.4}
    world = type("Cold", (Still,), {"truth": truth})(1)
    assert ask(make("do7013", world), "0300000003") == "0306fffb03fa0398"
    assert ask(make("s_ph_01", world), "0300010001") == "03020321" and ask(make("s_ec_01", world), "0300020001") == "030201a4"
    assert ask(make("sifuming", Still(1), parameter="cod"), "0300420002") == "030400007841", "15.5 with its bytes reversed"
    assert ask(make("sifuming", Still(1), parameter="cod"), "0300320002") == "8302"
    assert ask(make("s_rjy_01", world), "0301000002") == "0304fffb03fa"


def test_weather():
    assert ask(make("sen0483"), "0300000001") == "03020056" and ask(make("sen0483"), "0310000001") == "03020002"
    assert ask(make("sen0482"), "0300000002") == "03040e0c0000", "359.6°, step 0"
    assert ask(make("ry_fsx485"), "0400010002") == "040400560000" and ask(make("ry_fsx485"), "0300010002") == "8301"
    gauge = make("rs485_rain", rate=3.6)
    assert [ask(gauge, "0300000001", at) for at in (0.0, 100.0)] == ["0302007c", "0302007d"], "12.4 mm, then 12.5"
    assert ask(gauge, "060000005a", 200.0) == "060000005a" and ask(gauge, "0300000001", 300.0) == "03020001"
    assert ask(gauge, "0600000001", 300.0) == "8602"


def test_an_analysis_changes_once_a_cycle_with_its_own_time():
    """The scenario's midnight is 2026-11-02 00:00 UTC, 08:00 in Beijing; the clock is in BCD."""
    midnight = datetime(2026, 11, 2, tzinfo=UTC).timestamp()
    made = make("lida", Rising(1), midnight=midnight)
    first = ask(made, "0306d7000a", 7200.0)
    assert first == "0314" + "00004000" + "00000000" + "0026001100020010" + "00000000"
    assert ask(made, "0306d7000a", 10799.0) == first
    assert ask(made, "0306d7000a", 10800.0) == "0314" + "00004040" + "00000000" + "0026001100020011" + "00000000"


def test_bcd_time_and_28_registers():
    midnight = datetime(2026, 11, 2, tzinfo=UTC).timestamp()
    made = make("bj_lida", midnight=midnight, cycle=1)
    reply = ask(made, "0303e8001c", 45.0)
    assert reply[:4] == "0338" and reply[72:84] == "261102080045"


def test_a_device_that_goes_right_shows_the_present():
    made = make("lida", cycle=1)
    words = ask(made, "0306db0006", 500.0)[4:]
    shown = datetime.strptime("".join(words[i : i + 2] for i in range(2, 24, 4)), "%y%m%d%H%M%S").replace(tzinfo=UTC)
    assert abs((shown - datetime.now(UTC)).total_seconds() - 8 * 3600) < 60


def test_a_fault_stops_the_analyses():
    made = make("keruida", Rising(1), status="fault", status_at=7300.0)
    assert ask(made, "03000a0003", 7250.0) == "0306000300004000"
    assert ask(made, "03000a0003", 90000.0) == "0306000200004000", "a fault; the value of before"
    assert ask(make("bj_lida", status="maintenance"), "0303eb0001", 1.0) == "03020005"
    with pytest.raises(ValueError, match="lead"):
        make("lida", parameter="lead")


def test_radar_level_as_recorded():
    """Recorded: 41 4C 69 FC is 12.775875 m, 40 0E 58 16 is 2.224126 m; together 15 m. Starting: three zeros, 20.0 °C, 3.0."""
    starting = "0320" + "00" * 12 + "41a0000040400000" + "00" * 12
    made = make("fmr20", cold=True, height=15.0000013)
    assert ask(made, "0313880010", 100.0) == starting == ask(made, "0313880010", 107.9)
    assert ask(made, "0313880004", 112.1) == "0308414c69fc400e5816"
    assert ask(made, "0313890002", 112.1) == "8302", "not at a float's second half"


def test_pressure_level():
    low = type("Low", (Still,), {"truth": {"water_level": 1.234}})(1)
    assert ask(make("pressure_level", low, unit=3), "0300000007") == "030e0003000000000003" + "04d2" + "0000" + "1388"
    assert ask(make("pressure_level", low, decimals=2), "0300040001") == "0302007b"
    assert ask(make("pressure_level"), "0300040001") == "03021388", "no more than full scale"


def test_flow():
    """12.5 is 0x41480000."""
    assert (
        ask(make("tuf2000"), "0300000002") == "030400004148"
        and ask(make("tuf2000", reverse=True), "0300000002") == "03040000c148"
    )
    assert ask(make("tuf2000", total=65537), "0300080002") == "030400010001", "low word first; both 1"
    assert ask(make("tuf2000", total=65538), "0300080002") == "030400020001"
    assert ask(make("tuf2000", quality=99), "03005b0001") == "03020063"
    assert ask(make("bulukesi"), "0305090002") == "030441480000" == ask(make("tianyi"), "03054d0002")
    assert ask(make("bulukesi", total=20006.5), "03050b0004") == "0308" + "00000002" + "00001964", "the published total"
    assert ask(make("fuf2000"), "0400060002") == "040441480000" and ask(make("fuf2000"), "0300060002") == "8301"


def test_current_loop():
    """A quarter of 4 to 20 mA is 8 mA, 8000 µA, 0x1F40; the second channel's wire is broken."""
    made = make("current_loop", channels=[{"quantity": "cod", "low": 0.0, "high": 62.0}, {"ua": 3500}])
    assert ask(made, "0400000003") == "0406" + "1f40" + "0dac" + "0000" and ask(made, "0400000009") == "8402"
    assert ask(made, "0310000001") == "03020003" and ask(made, "0300000001") == "8302"
    assert ask(made, "0610000002") == "0610000002" and ask(made, "0400000001") == "04020000", "not in µA any more"
    assert ask(made, "10100000010200 03".replace(" ", "")) == "1010000001" and ask(made, "0400000001") == "04021f40"
    assert ask(make("current_loop", channels=[{"quantity": "cod", "low": 0.0, "high": 10.0}]), "0400000001") == "04025000", (
        "20.48 mA, no more"
    )


def test_a_channel_without_its_range_is_refused():
    with pytest.raises(ValueError, match="channel 1 needs"):
        make("current_loop", channels=[{}, {"quantity": "cod"}])


def test_epever_values_are_hundredths_and_low_word_first():
    """70,000 W, to need the high word, are 7,000,000 hundredths: 0x006ACFC0; 12.8 V are 0x0500; 3.2 W are 0x140, 0.25 A 0x19."""
    made = make("epever")
    reply = bytes.fromhex(ask(made, "0431000012"))[2:]
    words = [reply[i : i + 2].hex() for i in range(0, 36, 2)]
    assert words[0] == "06d6" and words[2:5] == ["cfc0", "006a", "0500"]
    assert words[12:16] == ["0500", "0019", "0140", "0000"] and words[16] == "fc0e", "−10.1 °C"
    assert ask(made, "04311a0001") == "04020051", "81 %, (12.8 − 11.1) / 2.1"
    assert ask(made, "0432000003") == "040600000009" + "0001", "well; running and boosting; load on"
    assert ask(made, "0331000001") == "8302" and ask(made, "0200000001") == "8202"


def test_epever_net_current_is_signed():
    """No sun, 3.2 W at 12.8 V: −0.25 A, −25 hundredths."""
    night = type("Night", (Still,), {"truth": FIXED | {"solar_power": 0.0}})(1)
    made = make("epever", night)
    assert ask(made, "04331b0002") == "0404ffe7ffff" and ask(made, "0432010001") == "04020001"
    assert ask(made, "02200c0001") == "020101" and ask(make("epever"), "02200c0001") == "020100"
    assert ask(made, "0220000001") == "020100"


def test_epever_low_battery_and_the_load_coil():
    flat = type("Flat", (Still,), {"truth": FIXED | {"battery_voltage": 10.9}})(1)
    assert ask(make("epever", flat), "0432000003") == "0406" + "0003" + "0009" + "0000"
    made = make("epever")
    assert ask(made, "0500020000") == "0500020000" and ask(made, "0432020001") == "04020000"
    assert ask(made, "050002ff00") == "050002ff00" and ask(made, "0432020001") == "04020001"
    assert ask(made, "0500020001") == "8503" and ask(made, "050009ff00") == "8502"


def test_epever_clock_and_identity():
    made = make("epever", midnight=datetime(2026, 11, 2, tzinfo=UTC).timestamp())
    assert ask(made, "0390130003", 65.0) == "0306" + "0105" + "0208" + "1a0b", "1 min 5 s, 2nd 8 h, 2026 November"
    assert ask(made, "1090130003060000050c1b02", 100.0) == "1090130003"
    assert ask(made, "0390130003", 161.0) == "0306" + "0101" + "050c" + "1b02", "61 s later"
    assert ask(made, "1090130003060000050c1b0d", 100.0) == "9002", "there is no month 13"
    assert ask(made, "2b0e0100").startswith("2b0e01010000") and ask(made, "2b0e0900") == "ab03"


def test_epever_statistics_of_the_day():
    """Half a day at 3.2 W are 0.0384 kWh, 4 hundredths."""
    made = make("epever")
    reply = bytes.fromhex(ask(made, "0433000014", 43200.0))[2:]
    assert len(reply) == 40 and reply[8:12].hex() == "00040000" and reply[:2] == reply[2:4] == b"\x06\xd6"
    assert reply[4:6] == reply[6:8] == b"\x05\x00"


@pytest.mark.parametrize("model", [name for name, made in INSTRUMENTS.items() if issubclass(made, Map)])
def test_every_register_is_one(model):
    for world in (World(1), World(7)):
        made = INSTRUMENTS[model](world, {})
        for now in range(0, 200000, 7001):
            assert all(0 <= register <= 0xFFFF for register in made.registers(float(now)).values())


def test_ultrasonic_level_in_whole_centimetres():
    """The maker's question 55 AA 11 00 02 12; 15 m less 12.775875 m is 222 cm, and then its face is 20 m above the zero."""
    trigger, ask_it = bytes.fromhex("55aa11000111"), bytes.fromhex("55aa11000212")
    made = make("urm", height=15.0)
    assert made.hear(ask_it, 0.0).hex() == "55aa110202ffff12", "nothing measured yet"
    assert made.hear(trigger, 1.0) == b"" and made.hear(ask_it, 1.1).hex() == "55aa11020200def2"
    assert make("urm", height=20.0).hear(trigger + ask_it, 0.0).hex() == "55aa110202ffff12", "too far"
    assert make("urm", node=0x12).hear(trigger + ask_it, 0.0) == b""


def test_laser_level_as_published():
    """The maker's example is 1803 mm, 0x070B."""
    assert ask(make("sen0492", height=14.578875), "0300340001") == "0302070b"
    assert ask(make("sen0492", height=20.0), "0300340001") == "03020fa0", "no more than 4 m"


def test_oxygen_by_function_04():
    world = type("Cold", (Still,), {"truth": {"oxygen": 15.5, "water_temperature": 15.5}})(1)
    assert ask(make("odo_rtu", world), "0400020002") == "040441780000" == ask(make("odo_rtu", world), "0400060002")
    assert ask(make("odo_rtu", world, invalid=True), "0400020002") == "0404ffffffff"
