"""Simulated instruments, by the name of the driver that reads them. Each is written from the data sheet alone.

Five kinds, after what they hang on: a `Talker` on a UART, a `Chip` on I2C, a `Unit` on Modbus, a `Pin` on GPIO, a `Tool` behind
a program.
"""

from hw_sim.instruments import chips, texts
from hw_sim.instruments.ads1115 import Alphasense4, Pid
from hw_sim.instruments.analysers import (
    Amtax,
    BjLiDa,
    ChuangZao,
    HuaHou,
    JuGe,
    Keruida,
    LiDa,
    LingHeng,
    Na8000,
    NationalWater,
    Npw160,
    PhotoTek6000,
    RuiQuan,
    XinRuiPeng,
    ZhengQi,
)
from hw_sim.instruments.base import Chip, Pin, Talker, Tool, Unit
from hw_sim.instruments.bosch import Bme280, Bme680
from hw_sim.instruments.cubic import Pm1006, Pm2005, Pm2012
from hw_sim.instruments.dtsu666 import Dtsu666
from hw_sim.instruments.epever import Epever
from hw_sim.instruments.ezo import Ezo, EzoUart
from hw_sim.instruments.flow import BuLuKeSi, ElectromagneticFlow, TianYi, Tuf2000, YiwenFlow
from hw_sim.instruments.honeywell import Hpma115C0, Hpma115S0
from hw_sim.instruments.level import A02, CurrentLoop, Fmr20, PressureLevel, Sen0492, Urm
from hw_sim.instruments.mcu680 import Mcu680
from hw_sim.instruments.nmea import Nmea
from hw_sim.instruments.nova import Sds011, Sds198
from hw_sim.instruments.pins import Contact, PowerSwitch, Pulse
from hw_sim.instruments.pms5003 import Pms3003, Pms5003, Pms5003ST, Pms5003T, Pmsa003i
from hw_sim.instruments.replay import Replay, ReplayChip, ReplayPin, ReplayTool, ReplayUnit
from hw_sim.instruments.rs485_climate import (
    Rs485Climate,
    Rs485Rain,
    Rs485Weather,
    Rs485Wind,
    Rs485WindDirection,
    RyFsx485,
    Sen0482,
    Sen0483,
)
from hw_sim.instruments.rs485_noise import Rs485Noise
from hw_sim.instruments.sen5x import Sen5x
from hw_sim.instruments.sgp40 import Sgp40, Sgp41
from hw_sim.instruments.sht3x import Sht3x, Sht4x
from hw_sim.instruments.sondes import AquaTroll400, AquaTroll600, Exo, IqSensorNet
from hw_sim.instruments.sps30 import Sps30, Sps30I2c
from hw_sim.instruments.water_probes import (
    Do7013,
    G8306,
    Hach3798Sc,
    HachLdo,
    HachNitrataxSc,
    HachTssSc,
    HachUvasSc,
    HuangYu,
    LianCePh,
    LianCePhV8,
    OdoRtu,
    PengYueChlorine,
    PonselC4e,
    PonselNtu,
    PonselOptod,
    PonselPh,
    SEc01,
    SPh01,
    SRjy01,
    SiFuMing,
)
from hw_sim.instruments.winsen import Mhz19, Zh03b
from hw_sim.instruments.yosemitech import Y504, Y511, Y513, Y514, Y516, Y520, Y532, Y533, Y550, Y560, Y4000
from hw_sim.instruments.ze08 import Ze08

__all__ = ["INSTRUMENTS", "Chip", "Pin", "Talker", "Tool", "Unit"]

INSTRUMENTS: dict[str, type[Talker] | type[Chip] | type[Unit] | type[Pin] | type[Tool]] = {
    "pms5003": Pms5003,
    "pms5003t": Pms5003T,
    "pms5003st": Pms5003ST,
    "pms3003": Pms3003,
    "pmsa003i": Pmsa003i,
    "sds011": Sds011,
    "sds198": Sds198,
    "sps30": Sps30,
    "sps30_i2c": Sps30I2c,
    "sen5x": Sen5x,
    "hpma115s0": Hpma115S0,
    "hpma115c0": Hpma115C0,
    "pm1003": Pm1006,
    "pm1006": Pm1006,
    "pm2005": Pm2005,
    "pm2012": Pm2012,
    "zh03b": Zh03b,
    "mcu680": Mcu680,
    "mhz19": Mhz19,
    "sgp40": Sgp40,
    "sgp41": Sgp41,
    "bme680": Bme680,
    "pid": Pid,
    "alphasense4": Alphasense4,
    "ze08": Ze08,
    "sht3x": Sht3x,
    "sht4x": Sht4x,
    "bme280": Bme280,
    "rs485_noise": Rs485Noise,
    "rs485_climate": Rs485Climate,
    "rs485_wind": Rs485Wind,
    "rs485_wind_direction": Rs485WindDirection,
    "rs485_rain": Rs485Rain,
    "rs485_weather": Rs485Weather,
    "sen0483": Sen0483,
    "sen0482": Sen0482,
    "ry_fsx485": RyFsx485,
    "y504": Y504,
    "y511": Y511,
    "y513": Y513,
    "y514": Y514,
    "y516": Y516,
    "y520": Y520,
    "y532": Y532,
    "phg2091": Y532,
    "y533": Y533,
    "y550": Y550,
    "y560": Y560,
    "y4000": Y4000,
    "lida": LiDa,
    "bj_lida": BjLiDa,
    "ruiquan": RuiQuan,
    "keruida": Keruida,
    "zhengqi": ZhengQi,
    "national_water": NationalWater,
    "xinruipeng": XinRuiPeng,
    "chuangzao": ChuangZao,
    "huahou": HuaHou,
    "lingheng": LingHeng,
    "juge": JuGe,
    "amtax": Amtax,
    "na8000": Na8000,
    "npw160": Npw160,
    "odo_rtu": OdoRtu,
    "do7013": Do7013,
    "sifuming": SiFuMing,
    "s_ph_01": SPh01,
    "s_ec_01": SEc01,
    "s_rjy_01": SRjy01,
    "fmr20": Fmr20,
    "a02": A02,
    "urm": Urm,
    "sen0492": Sen0492,
    "pressure_level": PressureLevel,
    "current_loop": CurrentLoop,
    "tuf2000": Tuf2000,
    "fuf2000": ElectromagneticFlow,
    "bulukesi": BuLuKeSi,
    "tianyi": TianYi,
    "yiwen_flow": YiwenFlow,
    "epever": Epever,
    "dtsu666": Dtsu666,
    "windsonic": texts.WindSonic,
    "bswa308": texts.Bswa308,
    "ascii_line": texts.AsciiLine,
    "modem": texts.Modem,
    "mmcli": texts.Mmcli,
    "nmea": Nmea,
    "ezo": Ezo,
    "ezo_uart": EzoUart,
    "ds3231": chips.Ds3231,
    "ina219": chips.Ina219,
    "contact": Contact,
    "pulse": Pulse,
    "power_switch": PowerSwitch,
    "phototek6000": PhotoTek6000,
    "huangyu": HuangYu,
    "g8306": G8306,
    "liance_ph": LianCePh,
    "liance_ph_v8": LianCePhV8,
    "pengyue_chlorine": PengYueChlorine,
    "ponsel_optod": PonselOptod,
    "ponsel_ph": PonselPh,
    "ponsel_c4e": PonselC4e,
    "ponsel_ntu": PonselNtu,
    "hach_uvas_sc": HachUvasSc,
    "hach_nitratax_sc": HachNitrataxSc,
    "hach_tss_sc": HachTssSc,
    "hach_3798_sc": Hach3798Sc,
    "hach_ldo": HachLdo,
    "aqua_troll_600": AquaTroll600,
    "aqua_troll_400": AquaTroll400,
    "exo": Exo,
    "iq_sensor_net": IqSensorNet,
    "replay": Replay,
    "replay_i2c": ReplayChip,
    "replay_tcp": ReplayUnit,
    "replay_gpio": ReplayPin,
    "replay_program": ReplayTool,
}
