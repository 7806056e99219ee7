"""What the twins of the site station's dust, gas, soil, level, flow and weather instruments measure.

Driver → (quantity → what its driver must say, settings in TOML, the twin's settings); see `Case` in test_roundtrip.py.
"""

DRY = {"rate": 0.0}
"""A rain gauge whose sum does not grow."""

PPB = {
    gas: (gas, mass / 24.465)
    for gas, mass in {
        "o3": 47.998,
        "no2": 46.006,
        "no": 30.006,
        "so2": 64.066,
        "h2s": 34.081,
        "nh3": 17.031,
        "co": 28.010,
    }.items()
}
"""The world's ppb (of CO ppm) as µg/m³ (mg/m³) at 25 °C."""

AIR = {key: (key, 1) for key in ("temperature", "humidity", "pressure", "wind_speed", "wind_direction")}


def of(*gases):
    """A case of an analyser without settings."""
    return {gas: PPB[gas] for gas in gases}, "", {}


SITE = {
    "dm601": ({"tsp": ("tsp", 1)}, "", {"factor": 1.3}),
    "boling_dust": ({"tsp": ("tsp", 1), "pm10": ("pm25", 1.25), "pm25": ("pm25", 1)}, "", {}),
    "pmsense": ({"pm1": ("pm25", 0.7), "pm25": ("pm25", 1), "pm10": ("pm25", 1.25)}, "", {}),
    "teledyne_t640": ({"pm25": ("pm25", 1), "pm10": ("pm25", 1.25), "temperature": ("temperature", 1)}, "", {}),
    "raeguard": ({"tvoc": 3000.0}, "", {"ppm": 3}),
    "te5900": ({"methane": ("methane", 1), "nmhc": ("nmhc", 12.011 / 24.465)}, "", {}),
    "rs485_methane": ({"methane": 10000.0}, "", {"lel": 20}),
    "thermo450i": of("no", "no2", "nh3", "so2", "h2s"),
    "thermo42i": of("no", "no2"),
    "thermo43i": of("so2"),
    "thermo49i": of("o3"),
    "thermo49iq": of("o3"),
    "teledyne_t400": of("o3"),
    "teledyne_t101": of("so2", "h2s"),
    "teledyne_n500": of("no", "no2"),
    "sms8400": of("o3"),
    "sms8300": of("no", "no2"),
    "sms8200": of("so2"),
    "sms8500": of("co"),
    "unimat120": ({"so2": 88500.0, "no": 91500.0, "oxygen_content": 12.5}, "", {}),
    "maxbotix": ({"water_level": ("water_level", 1)}, "height = 4.2", {"height": 4.2, "web": True}),
    "vt2000": ({"flow": ("flow", 1 / 1000)}, "", {}),
    "huangyu_flow": ({"flow": ("flow", 1 / 1000)}, "", {}),
    "sensecap_s700": ({**AIR, "rain": 0.0}, "", DRY),
    "sensecap_s1000": ({**AIR, "rain": 0.0, "pm10": ("pm25", 1.25), "co2": ("co2", 1)}, "", DRY),
    "rs485_weather_ultrasonic": ({**AIR, "rain": 0.0, "laeq": ("noise", 1), "pm25": ("pm25", 1)}, "", DRY),
    "wn90lp": ({**AIR, "rain": 0.0}, "", DRY),
}
