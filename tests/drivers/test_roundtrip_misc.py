"""Twin against driver over the real transport, one case a device; and what goes wrong with each."""

import pytest

from drivers.bus.uart import Line, Uart
from drivers.catalogue import find
from drivers.errors import NoAnswer, WireError
from hw_sim.scenario import build
from hw_sim.simulation import Simulation


def scenario(kind, *instruments, baud=9600):
    return build({"seed": 1, "line": [{"name": "l", "kind": kind, "baud": baud, "instrument": list(instruments)}]})


def read(driver, bus, address=1, deadline=None, **settings):
    """One reading as the worker takes it."""
    made = driver.settings(**settings)
    port = bus.port(address, deadline or driver.deadline)
    if driver.read is not None:
        return driver.read(port, {}, made)
    return driver.decode(port.receive(driver.split), made)


UARTS = {
    "nmea": ({"first_fix": 0}, {}, {"latitude": 31.8206, "longitude": 117.2272, "altitude": 38.5, "speed": 0.0}),
}


@pytest.mark.parametrize("name", UARTS)
def test_uart_round_trip(tmp_path, name):
    twin, settings, expected = UARTS[name]
    driver = find(name)
    baud = driver.defaults["baud"]
    with Simulation(scenario("uart", {"model": name, **twin}, baud=baud), tmp_path) as simulation:
        bus = Uart(Line(simulation.ports["l"], baud))
        for _ in range(2):
            sample = read(driver, bus, **settings)
            assert sample.usable and dict(sample.values) == pytest.approx(expected, abs=1e-6)
        bus.close()


@pytest.mark.parametrize("name", UARTS)
@pytest.mark.parametrize("fault", ["silence", "wrong_checksum"])
def test_uart_fault(tmp_path, name, fault):
    driver = find(name)
    baud = driver.defaults["baud"]
    with Simulation(scenario("uart", {"model": name, **UARTS[name][0]}, baud=baud), tmp_path) as simulation:
        simulation.fault("l", fault)
        bus = Uart(Line(simulation.ports["l"], baud))
        if fault == "silence":
            with pytest.raises(NoAnswer):
                read(driver, bus, deadline=0.3, **UARTS[name][1])
        else:
            try:
                sample = read(driver, bus, **UARTS[name][1])
            except WireError as error:
                assert error.reason in ("checksum", "truncated", "header")
            else:
                assert {key: UARTS[name][2].get(key) for key in sample.values} == pytest.approx(dict(sample.values), abs=1e-6)
        bus.close()


def test_gps_without_a_fix_and_with_an_old_date(tmp_path):
    driver = find("nmea")
    with Simulation(scenario("uart", {"model": "nmea", "first_fix": 1000}), tmp_path) as simulation:
        bus = Uart(Line(simulation.ports["l"]))
        sample = read(driver, bus)
        assert sample.reason == "no_fix" and not sample.values
        bus.close()
    with Simulation(scenario("uart", {"model": "nmea", "first_fix": 0, "rollover": True}), tmp_path) as simulation:
        bus = Uart(Line(simulation.ports["l"]))
        sample = read(driver, bus)
        assert sample.fields == {"date": "clock"} and sample.usable
        bus.close()


def test_formaldehyde_is_told_when_asked(tmp_path):
    driver = find("ze08")
    with Simulation(scenario("uart", {"model": "ze08", "mode": "query", "ppb": 123}), tmp_path) as simulation:
        bus = Uart(Line(simulation.ports["l"]))
        sample = read(driver, bus, mode="query")
        assert sample.values == {"hcho": 123.0} and sample.status == {"micrograms": 154}
        with pytest.raises(NoAnswer):
            read(driver, bus, deadline=0.3)
        driver.begin(bus.port(1, driver.deadline), driver.settings())
        assert read(driver, bus).status == {"full_scale": 5000}, "told to speak by itself"
        bus.close()
