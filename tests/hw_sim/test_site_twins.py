"""The twins of the site station's dust, gas, soil, level and weather instruments: bytes worked out by hand, or published."""

from tests.hw_sim.test_modbus_twins import Still, ask, make

FIXED = {
    "tsp": 50000.0, "pm25": 24.0, "pressure": 1013.25, "temperature": -10.1, "humidity": 65.8, "tvoc": 209000.0,
    "methane": 2.0, "nmhc": 0.57, "o3": 12.5, "no": 12.5, "no2": 12.5, "so2": 12.5, "h2s": 12.5, "nh3": 12.5, "co": 12.5,
    "soil_moisture": 65.8, "soil_temperature": -10.1, "soil_conductivity": 1000.0, "soil_ph": 5.6,
    "water_level": 0.125, "flow": 12.5, "wind_speed": 2.2, "wind_direction": 187.0, "noise": 54.3, "rain": 0.0, "co2": 847.0,
}  # fmt: skip


class Site(Still):
    """50 mg/m³ of dust, 12.5 of most gases; the soil of DFRobot's example."""

    truth = FIXED


def of(model, text, **settings):
    return ask(make(model, Site(1), **settings), text)


def test_dust():
    """50.00 mg/m³ is 0x42480000, as the readers' frames have it."""
    assert of("jiaming", "04007e0002") == "040442480000" and of("jiaming", "0402580001", mode=1) == "04020001"
    assert of("dm601", "0300000004") == "03084248000042480000" and of("dm601", "0300640003", state=3) == "0306000300000000"
    assert of("boling_dust", "0300020002") == "03040000001e", "PM10 30"
    assert of("boling_dust", "0300000002") == "03040000c350", "TSP 50000"
    assert of("pmsense", "0400030003") == "0406" + "00a8" + "00f0" + "012c", "16.8, 24.0, 30.0"
    assert of("teledyne_t640", "0400060004") == "0408" + "41f00000" + "41c00000", "30.0, 24.0"
    assert of("teledyne_t640", "0400220002")[4:8] == "42ca", "101.3 kPa"


def test_gas_transmitters():
    assert of("raeguard", "0300080002") == "0304000000d1", "209, as in the manual"
    assert of("te5900", "0300160007") == "030e" + "0101" + "0000" + "0000" + "00c8" + "0000" + "0000" + "0039", "2.57, 2.00, 0.57"
    assert of("rs485_methane", "0300000002", lel=12) == "03042000000c" and of("rs485_methane", "0300080001") == "03020b00"


def test_analysers():
    """12.5 is 0x41480000: high word first, low word first, bytes swapped."""
    assert of("teledyne_t400", "0400120002") == "040441480000" == of("teledyne_t101", "0400260002")
    assert of("teledyne_n500", "04000c0002") == "040441480000" == of("teledyne_n500", "0400380002")
    assert of("thermo42i", "0300000006") == "030c" + "00004148" * 2 + "000041c8", "NOx is the sum"
    assert of("thermo49iq", "0308340002") == "030400004148" == of("thermo49i", "0300000002") == of("thermo43i", "0300000002")
    assert of("thermo49iq", "0305b90001", alarm=1465) == "03020001"
    assert of("sms8400", "0300000002") == "030448410000" == of("sms8200", "03001e0002") == of("sms8500", "0300000002")
    assert of("sms8300", "0300040002") == "0304c8410000" and of("sms8300", "0303ee0001", calibration=2) == "03020002"
    assert of("unimat120", "0310000006") == "030c" + "42b10000" + "42b70000" + "41480000", "as published"


def test_soil():
    """DFRobot's examples: 65.8 %, −10.1 °C, 1000 µS/cm, pH 5.6."""
    assert of("rs485_soil", "0300000003") == "03060292ff9b03e8"
    assert of("rs485_soil_ph", "0300000004") == "03080292ff9b03e80038" == of("es107", "0300000004")
    assert of("jxbs_soil", "0300120004") == "03080292ff9b000003e8" and of("jxbs_soil", "0300060001") == "03020230"
    assert of("rk520_02", "0300000003") == "0306ff9b029203e8"


def test_level_and_flow():
    assert of("liance_level", "0400000002") == "040441480000", "12.5 cm"
    assert of("vt2000", "0300000004", total=12.5) == "0308" + "41480000" * 2
    assert of("huangyu_flow", "0400160006", total=12.5) == "040c" + "00004841" + "00000000" + "00004841"


def test_weather():
    assert of("sensecap_s500", "0400000006") == "040c" + "ffffd88c" + "00010108" + "060a18c8", "−10.1, 65.8, 101325 Pa"
    assert of("sensecap_s500", "0400060002") == "8402" and of("sensecap_s500", "04000c0002") == "04040002da78"
    assert of("sensecap_s700", "0400140002", rate=0.0) == "040400003070", "12.4 mm"
    assert of("sensecap_s1000", "0400400002") == "0404000cec98", "847 ppm, as published"
    assert of("rs485_weather_ultrasonic", "0301f40004") == "0308" + "00dc" + "0002" + "0004" + "00bb", "2.20 m/s"
    assert (
        of("wn90lp", "0301650009", rate=0.0)
        == "0312" + "1b58" + "0023" + "012b" + "0042" + "0016" + "001f" + "00bb" + "007c" + "2794"
    )
    assert of("sonbest_th", "0300000002") == "0304fc0e19b4"
