"""Settings from afar, with real processes and a real broker: a dead address goes back, a good one stays, the wrong is refused."""

import json
import time

import pytest

from gateway.signed import signature
from hw_sim.platform.consumer import archive
from tests.system.rig import Mosquitto, free_port, wait_for

KEY = "a key of more than sixteen characters"


@pytest.fixture
def broker(need, short_folder):
    """One with a second address, to which a station can be moved."""
    other = free_port()
    made = Mosquitto(need("mosquitto"), short_folder, f"allow_anonymous true\nlistener {other} 127.0.0.1\n")
    made.other = other
    yield made
    made.kill()


@pytest.fixture
def remote(station, broker, district, short_folder):
    """A station that measures and delivers, and how its platform gives it a command."""
    (short_folder / "remote.key").write_text(KEY, "utf-8")
    section = f'[remote]\nplatforms = ["district"]\nkey_file = "{short_folder}/remote.key"\nlongest = 1\n'
    station.configure(broker.port, section)
    station.start("acquire")
    station.start("gateway")
    wait_for("the first receipts", lambda: station.destination().get("confirmed", 0) >= 2)
    numbers = iter(range(1, 100))

    def command(signed=None, key=KEY, **arguments):
        number = str(time.monotonic_ns())
        signed = signed or json.dumps({"number": next(numbers), **arguments})
        content = {"signed": signed, "signature": signature(signed, "T-1", key)}
        district.order(do="command", station="T-1", command={"id": number, "action": "settings", "arguments": content})
        replies = lambda: [one for one in district.order(do="stats")["replies"] if one["id"] == number]  # noqa: E731
        return signed, wait_for("the reply", replies)[0]

    return command


def phases(station, district, number):
    """What the platform was told of a set, in order."""
    bodies = [json.loads(text)["body"] for _key, text in sorted(archive(district.folder / "platform.db").items())]
    told = [body for body in bodies if isinstance(body, dict) and body.get("code") == "settings" and body["id"] == number]
    return [body["phase"] for body in told], told


@pytest.mark.system
def test_a_dead_address_returns_and_a_good_one_stays(station, broker, district, remote):
    before = station.config.read_bytes()
    started = station.processes["acquire"].pid
    dead = free_port()
    _signed, wrong = remote(set={"destination.district.port": 70000, "destination.distric.host": "x", "station.id": "T-2"})
    assert not wrong["ok"] and "distric" in wrong["error"] and "station.id" in wrong["error"]
    _signed, unsigned = remote(key="another key of that length", set={"station.interval": 2})
    assert not unsigned["ok"] and "signature" in unsigned["error"]

    signed, offered = remote(set={"destination.district.port": dead}, by="Li Na", note="moved", confirm_within_minutes=0.15)
    assert offered["ok"] and offered["minutes"] == 0.15 and offered["needs"] == ["district"]
    wait_for("the dead address is tried", lambda: station.destination().get("fault") == "unreachable")
    wait_for("the old one is back", lambda: phases(station, district, offered["id"])[0] == ["offered", "tried", "returned"], 60)
    _names, (first, _second, last) = phases(station, district, offered["id"])
    assert (first["who"], first["by"], first["note"]) == ("platform:district", "Li Na", "moved")
    assert first["changes"] == [["destination.district.port", broker.port, dead]]
    assert first["hash"] == offered["hash"] != first["before"] and "district" in last["why"]
    assert not remote(signed)[1]["ok"], "a command that was overheard cannot be given again"

    both = {"destination.district.port": broker.other, "instrument.climate.interval": 2}
    _signed, good = remote(set=both, confirm_within_minutes=0.5)
    assert good["ok"], good
    wait_for("contact", lambda: phases(station, district, good["id"])[0] == ["offered", "tried", "kept"], 40)
    shown = json.loads(station.command("config", "show", "--effective", "--json").stdout)
    port = next(row for row in shown["settings"] if row["path"] == "destination.district.port")
    assert port["value"] == broker.other and good["id"] in port["from"] and shown["hash"] == good["hash"]
    wait_for("measuring with them", lambda: station.live().get("stored", 0) >= 2)
    assert station.config.read_bytes() == before and station.processes["acquire"].pid == started
    starts = [json.loads(one.body) for one in station.records() if one.kind == "event" and '"started"' in one.body]
    hashes = [one["configuration"] for one in starts]
    assert hashes == [first["before"], good["hash"]], "an address alone stops no measuring"

    (station.folder / "changes.toml").write_text("[destination.district]\npatience = 3\n", "utf-8")
    applied = station.command("config", "apply", str(station.folder / "changes.toml"), "--confirm-within", "1m", "--json")
    assert applied.returncode == 0, applied.stderr
    assert station.command("config", "confirm").returncode in (0, 1), "done, or contact has done it already"
    wanted = json.loads(applied.stdout)["hash"]
    wait_for("delivering with it", lambda: station._file("delivery.json").get("configuration") == wanted)
    shown = station.status()["configuration"]
    assert (
        shown["hash"] == wanted and shown["trial"] is None and set(shown["changed"]) == {*both, "destination.district.patience"}
    )
    station.settle(district)
