"""Which drivers there are: a plain table, name → the module or description that declares it, read when first asked for."""

import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path

from drivers.driver import Driver

CATALOGUE: dict[str, str] = {
    "pms5003": "drivers.pm.plantower",
    "pms5003t": "drivers.pm.plantower",
    "pms5003st": "drivers.pm.plantower",
    "pms3003": "drivers.pm.plantower",
    "pmsa003i": "drivers.pm.plantower",
    "sds011": "drivers.pm.nova",
    "sds198": "drivers.pm.nova",
    "sps30": "drivers.pm.sps30",
    "sps30_i2c": "drivers.pm.sps30_i2c",
    "sen5x": "drivers.pm.sen5x",
    "sen66": "drivers.pm.sen66",
    "hpma115s0": "drivers.pm.honeywell",
    "hpma115c0": "drivers.pm.honeywell",
    "pm1003": "drivers.pm.cubic",
    "pm1006": "drivers.pm.cubic",
    "pm2005": "drivers.pm.cubic",
    "pm2012": "drivers.pm.cubic",
    "zh03b": "drivers.pm.zh03b",
    "mcu680": "drivers.gas.mcu680",
    "mhz19": "drivers.gas.mhz19",
    "scd30": "drivers.gas.scd30",
    "scd4x": "drivers.gas.scd4x",
    "sgp30": "drivers.gas.sgp30",
    "sgp40": "drivers.gas.sgp4x",
    "sgp41": "drivers.gas.sgp4x",
    "ens160": "drivers.gas.ens160",
    "bme680": "drivers.gas.bme680",
    "pid": "drivers.gas.pid",
    "alphasense4": "drivers.gas.alphasense4",
    "sfa30": "drivers.gas.sfa30",
    "ze08": "drivers.gas.ze08",
    "ze25": "drivers.gas.ze25",
    "zphs01b": "drivers.gas.zphs01b",
    "spec_dgs": "drivers.gas.spec_dgs",
    "sht3x": "drivers.climate.sht3x",
    "sht4x": "drivers.climate.sht3x",
    "bme280": "drivers.climate.bme280",
    "rs485_climate": "climate/rs485_climate.toml",
    "rs485_rain": "climate/rs485_rain.toml",
    "rs485_weather": "climate/rs485_weather.toml",
    "rs485_noise": "drivers.noise.rs485_noise",
    "y504": "water/y504.toml",
    "y511": "water/y511.toml",
    "y513": "water/y513.toml",
    "y514": "water/y514.toml",
    "y516": "water/y516.toml",
    "y520": "water/y520.toml",
    "y532": "water/y532.toml",
    "y533": "water/y533.toml",
    "y550": "water/y550.toml",
    "y560": "water/y560.toml",
    "y4000": "water/y4000.toml",
    "lida": "water/lida.toml",
    "bj_lida": "water/bj_lida.toml",
    "ruiquan": "water/ruiquan.toml",
    "keruida": "water/keruida.toml",
    "zhengqi": "water/zhengqi.toml",
    "national_water": "water/national_water.toml",
    "xinruipeng": "water/xinruipeng.toml",
    "chuangzao": "water/chuangzao.toml",
    "huahou": "water/huahou.toml",
    "lingheng": "water/lingheng.toml",
    "juge": "water/juge.toml",
    "amtax": "water/amtax.toml",
    "na8000": "water/na8000.toml",
    "npw160": "water/npw160.toml",
    "phg2091": "water/phg2091.toml",
    "sifuming": "water/sifuming.toml",
    "odo_rtu": "water/odo_rtu.toml",
    "do7013": "water/do7013.toml",
    "s_ph_01": "water/s_ph_01.toml",
    "s_ec_01": "water/s_ec_01.toml",
    "s_rjy_01": "water/s_rjy_01.toml",
    "fmr20": "water/fmr20.toml",
    "a02": "drivers.water.a02",
    "urm": "drivers.water.urm",
    "sen0492": "water/sen0492.toml",
    "pressure_level": "water/pressure_level.toml",
    "tuf2000": "water/tuf2000.toml",
    "fuf2000": "water/fuf2000.toml",
    "bulukesi": "water/bulukesi.toml",
    "tianyi": "water/tianyi.toml",
    "yiwen_flow": "drivers.water.yiwen_flow",
    "jiaming": "pm/jiaming.toml",
    "dm601": "pm/dm601.toml",
    "boling_dust": "pm/boling_dust.toml",
    "pmsense": "pm/pmsense.toml",
    "teledyne_t640": "pm/teledyne_t640.toml",
    "raeguard": "gas/raeguard.toml",
    "te5900": "gas/te5900.toml",
    "rs485_methane": "gas/rs485_methane.toml",
    "thermo450i": "gas/thermo450i.toml",
    "thermo42i": "gas/thermo42i.toml",
    "thermo43i": "gas/thermo43i.toml",
    "thermo49i": "gas/thermo49i.toml",
    "thermo49iq": "gas/thermo49iq.toml",
    "teledyne_t400": "gas/teledyne_t400.toml",
    "teledyne_t101": "gas/teledyne_t101.toml",
    "teledyne_n500": "gas/teledyne_n500.toml",
    "sms8400": "gas/sms8400.toml",
    "sms8300": "gas/sms8300.toml",
    "sms8200": "gas/sms8200.toml",
    "sms8500": "gas/sms8500.toml",
    "unimat120": "gas/unimat120.toml",
    "rs485_soil": "soil/rs485_soil.toml",
    "rs485_soil_ph": "soil/rs485_soil_ph.toml",
    "es107": "soil/es107.toml",
    "jxbs_soil": "soil/jxbs_soil.toml",
    "rk520_02": "soil/rk520_02.toml",
    "liance_level": "water/liance_level.toml",
    "maxbotix": "drivers.water.maxbotix",
    "vt2000": "water/vt2000.toml",
    "huangyu_flow": "water/huangyu_flow.toml",
    "sensecap_s500": "climate/sensecap_s500.toml",
    "sensecap_s700": "climate/sensecap_s700.toml",
    "sensecap_s1000": "climate/sensecap_s1000.toml",
    "rs485_weather_ultrasonic": "climate/rs485_weather_ultrasonic.toml",
    "wn90lp": "climate/wn90lp.toml",
    "sonbest_th": "climate/sonbest_th.toml",
    "xy_md02": "climate/xy_md02.toml",
    "epever": "power/epever.toml",
    "rs485_wind": "drivers.wind.rs485_wind",
    "sen0483": "wind/sen0483.toml",
    "sen0482": "wind/sen0482.toml",
    "ry_fsx485": "wind/ry_fsx485.toml",
    "current_loop": "drivers.power.current_loop",
    "windsonic": "drivers.wind.windsonic",
    "bswa308": "drivers.noise.bswa308",
    "ascii_line": "drivers.noise.ascii_line",
    "dt8852": "drivers.noise.dt8852",
    "gm1356": "drivers.noise.gm1356",
    "ezo": "drivers.water.ezo",
    "ezo_uart": "drivers.water.ezo_uart",
    "nmea": "drivers.position.nmea",
    "ds3231": "drivers.position.ds3231",
    "ina219": "drivers.power.ina219",
    "modem": "drivers.power.modem",
    "mmcli": "drivers.power.mmcli",
    "contact": "drivers.power.contact",
    "pulse": "drivers.climate.pulse",
    "mightyohm": "drivers.climate.mightyohm",
    "dtsu666": "power/dtsu666.toml",
    "phototek6000": "water/phototek6000.toml",
    "huangyu": "water/huangyu.toml",
    "g8306": "water/g8306.toml",
    "liance": "water/liance.toml",
    "liance_v8": "water/liance_v8.toml",
    "pengyue_chlorine": "water/pengyue_chlorine.toml",
    "ponsel_optod": "water/ponsel_optod.toml",
    "ponsel_ph": "water/ponsel_ph.toml",
    "ponsel_c4e": "water/ponsel_c4e.toml",
    "ponsel_ntu": "water/ponsel_ntu.toml",
    "hach_uvas_sc": "water/hach_uvas_sc.toml",
    "hach_nitratax_sc": "water/hach_nitratax_sc.toml",
    "hach_tss_sc": "water/hach_tss_sc.toml",
    "hach_3798_sc": "water/hach_3798_sc.toml",
    "hach_ldo": "water/hach_ldo.toml",
    "aqua_troll_600": "water/aqua_troll_600.toml",
    "aqua_troll_400": "water/aqua_troll_400.toml",
    "exo": "drivers.water.exo",
    "iq_sensor_net": "water/iq_sensor_net.toml",
    "modbus_map": "drivers.modbus_map",
}

UNMAPPED: dict[str, str] = {
    "boqu_ms301": "BOQU MS-301",
    "cooking_fume": "JXBS-3001-SJ",
    "electromagnetic_field": "EP-600",
    "sy0291": "SY0291",
    "td500": "TD500",
    "transparency": "Secchi",
}
"""Devices that are installed but have no description here, because no register list and no frame of them is public: name → model.

Whoever has the maker's list on paper describes one for himself (`modbus_map`). Looked for in vain in November 2026: the page of
the MS-301's manual with its registers, SY0291 and TD500 by name, and any sensor of transparency.
"""


class UnknownDriver(KeyError):
    """No driver has that name; `name` is what was asked for."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


@cache
def find(name: str) -> Driver:
    """The driver called `name`. Raises UnknownDriver."""
    try:
        place = CATALOGUE[name]
    except KeyError:
        raise UnknownDriver(name) from None
    if place.endswith(".toml"):
        return described(name, (Path(__file__).parent / place).read_text("utf-8"))
    found: Driver = next(driver for driver in import_module(place).DRIVERS if driver.name == name)
    return found


def described(name: str, text: str) -> Driver:
    """The driver that a Modbus description in TOML makes. Raises BadDescription with everything that is wrong."""
    from drivers.description import BadDescription, describe
    from drivers.modbus_map import driver

    try:
        return driver(name, describe(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        raise BadDescription([f"this is not TOML: {error}"]) from None
