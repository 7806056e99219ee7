"""The simulated sondes and digital probes against published registers, orders and scales; bytes worked out by hand.

11.5 is 0x41380000, 7.25 is 0x40E80000, 230 is 0x43660000, 6.5 is 0x40D00000, 10.25 is 0x41240000, 92 is 0x42B80000.
"""

from hw_sim.instruments import INSTRUMENTS
from hw_sim.world import World

TRUTH = {
    "water_temperature": 11.5, "ph": 7.25, "orp": 230.0, "turbidity": 6.5, "oxygen": 10.25, "conductivity": 420.0,
    "chlorophyll": 2.5, "cod": 31.0, "total_nitrogen": 7.5, "residual_chlorine": 0.45, "flow": 12.5,
}  # fmt: skip


class Still(World):
    """A world that stands still."""

    def value(self, name, now):
        return TRUTH[name]


def make(model, **settings):
    return INSTRUMENTS[model](Still(1), settings)


def ask(made, text, now=0.0):
    reply = made.answer(bytes.fromhex(text), now)
    return None if reply is None else reply.hex()


def test_a_troll_sleeps_after_five_seconds():
    sonde = make("aqua_troll_600")
    assert ask(sonde, "03154a0007", 100.0) is None, "the first question wakes it"
    assert ask(sonde, "03154a0007", 104.0) == "030e4138000000000001000100000000", "11.5, good, °C, parameter 1"
    assert ask(sonde, "03154a0007", 109.5) is None
    assert ask(sonde, "0315cf0007", 110.0) == "030e4124000000000075001400000000", "5583: 10.25, good, mg/L, parameter 20"
    lame = make("aqua_troll_600", absent=[20], units={10: 66})
    ask(lame, "03154a0007")
    assert ask(lame, "0315cf0007", 1.0) == "8302" and ask(lame, "03158c0001", 1.0) == "03020042", "mS/cm"


def test_troll_400_counts_from_one():
    sonde = make("aqua_troll_400", absent=[17])
    ask(sonde, "0300250008")
    assert ask(sonde, "0300250008", 1.0) == "031041240000001400750000000000000001"
    assert ask(sonde, "0306010005", 1.0) == "030a00000000001100910007", "no pH sensor: 0.0, quality 7"


def test_exo():
    sonde = make("exo", unavailable=[18])
    assert ask(sonde, "0300800007") == "030e0001000700120 0d300d400df0000".replace(" ", "")
    assert ask(sonde, "0301000003") == "0306000000000002" and ask(sonde, "0301800002") == "030400004138", "words swapped"


def test_network_of_sensors():
    net = make("iq_sensor_net")
    assert ask(net, "0400000008") == "04100102020100000111" + "40e80000" + "41380000"
    assert ask(net, "0400080006") == "040c0202040100000014" + "40d00000", "S02 as in the manual's example"
    assert ask(make("iq_sensor_net", invalid=True), "0400030001") == "04020121"


def test_ponsel_measures_when_it_is_told_to():
    probe = make("ponsel_ph")
    assert ask(probe, "0300530002", 10.0) == "030400000000"
    assert ask(probe, "100001000102001f", 10.0) == "1000010001"
    assert ask(probe, "0300530002", 10.4) == "030400000000", "500 ms are not over"
    assert ask(probe, "0300530006", 10.6) == "030c" + "41380000" + "40e80000" + "43660000"
    assert ask(probe, "0300a40001", 10.6) == "030201f4" and ask(probe, "1000020001020001", 10.6) == "9002"


def test_probes_of_few_registers():
    assert ask(make("huangyu"), "0300000002") == "03040000028a", "650 hundredths"
    assert ask(make("g8306"), "0400000004") == "0408" + "00004138" + "000040e8"
    assert ask(make("liance"), "0300000002") == "030402d50073", "725 and 115"
    assert ask(make("liance_v8"), "0300010004") == "0308" + "40e80000" + "41380000"
    assert ask(make("pengyue_chlorine"), "0300000006") == "030c01c2" + "0000" * 4 + "1c52", "450 and 7250"
    assert ask(make("vt2000"), "0300000004") == "0308" + "41480000" + "42180000", "12.5 L/s, 38 m³"


def test_hach_probes_count_from_one():
    assert ask(make("hach_uvas_sc"), "0300000004") == "030841780000" + "00000000", "15.5"
    assert ask(make("hach_nitratax_sc", grams=True), "0300000003") == "030640200000" + "0001", "2.5; g/L"
    assert ask(make("hach_tss_sc"), "0300040002") == "030440d00000"
    assert ask(make("hach_3798_sc"), "0300040002") == "030441380000"
    assert ask(make("hach_ldo"), "0300000002") == "0304280a047e" and ask(make("hach_ldo"), "03000b0001") == "0302005c"
