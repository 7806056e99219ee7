"""`station trace`: what travels on a bus, byte for byte, with acquisition running and without."""

from tests.system.rig import wait_for


def lines(text):
    return [line.split(" ", 2) for line in text.splitlines() if not line.startswith("#")]


def check(text):
    """Questions and answers of an SHT3x at 0x44: address and command go out, six bytes come back."""
    found = lines(text)
    sent = [data for _at, way, data in found if way == ">"]
    received = [data for _at, way, data in found if way == "<"]
    assert "44 24 00" in sent and received and all(len(bytes.fromhex(data)) == 6 for data in received)
    assert [float(at) for at, _way, _data in found] == sorted(float(at) for at, _way, _data in found)


def test_of_a_running_station(station, short_folder):
    station.configure(1)
    station.start("acquire")
    wait_for("it measures", lambda: station.live().get("channels"))
    kept = short_folder / "i2c.trace"
    done = station.command("trace", "i2c", "--for", "2", "--output", str(kept))
    assert done.returncode == 0, done.stderr
    check(done.stdout)
    assert kept.read_text("utf-8") == done.stdout and done.stdout.startswith("# shanshui trace 1 i2c i2c unix:")
    assert not (short_folder / "run" / "i2c.trace").exists(), "the run folder is memory: nothing stays there"
    codes = [record.body for record in station.records() if record.kind == "event"]
    assert any('"trace"' in body and '"cli:' in body for body in codes), "who listened is on record"


def test_of_a_stopped_station_and_of_a_bus_that_does_not_exist(station):
    station.configure(1)
    done = station.command("trace", "i2c", "--for", "1.5")
    assert done.returncode == 0, done.stderr
    check(done.stdout)
    wrong = station.command("trace", "i2d")
    assert wrong.returncode == 2 and "Did you mean 'i2c'?" in wrong.stderr
