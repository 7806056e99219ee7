"""Which drivers there are: a plain table, name → the module that declares it, imported when first asked for."""

from importlib import import_module

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
    "sgp40": "drivers.gas.sgp4x",
    "sht3x": "drivers.climate.sht3x",
    "rs485_noise": "drivers.noise.rs485_noise",
    "y504": "drivers.water.yosemitech",
    "y532": "drivers.water.yosemitech",
    "y4000": "drivers.water.yosemitech",
}


class UnknownDriver(KeyError):
    """No driver has that name; `name` is what was asked for."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


def find(name: str) -> Driver:
    """The driver called `name`. Raises UnknownDriver."""
    try:
        module = import_module(CATALOGUE[name])
    except KeyError:
        raise UnknownDriver(name) from None
    found: Driver = next(driver for driver in module.DRIVERS if driver.name == name)
    return found
