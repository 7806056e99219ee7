"""What nobody has checked on a real device is said once in the log."""

import threading

from station.acquire import Acquisition
from station.config import parse
from station.places import Places

CONFIG = """
[station]
id = "T"
name = "T"
[[bus]]
name = "b"
kind = "modbus"
port = "/dev/none"
[[instrument]]
name = "gas"
driver = "unimat120"
bus = "b"
address = 1
[[instrument]]
name = "oxygen"
driver = "do7013"
bus = "b"
address = 2
"""


def test_an_unverified_driver_is_told_once(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("signal.signal", lambda number, handler: None)  # it runs in a thread here
    (tmp_path / "run").mkdir()
    service = Acquisition(parse(CONFIG, "c"), Places(tmp_path / "c", tmp_path / "state", tmp_path / "run"))
    thread = threading.Thread(target=service.run)
    thread.start()
    service.stop()
    thread.join(20)
    told = [record.getMessage() for record in caplog.records if record.funcName == "_announce"]
    assert len(told) == 1 and "unimat120" in told[0] and "do7013" not in told[0]
