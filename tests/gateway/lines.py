"""For tests of links: records, a delivery without a station, certificates, and a broker of one's own."""

import subprocess

from gateway.delivery import Delivery
from gateway.link.link import Place
from gateway.link.settings import MqttSettings
from gateway.log.store import RecordLog
from gateway.record import Record

BODY = '[["pm","pm25","µg/m³",12.3,11.0,14.0,13.1,60,60,1,"",""],["climate","humidity","%",55.0,54.0,56.0,55.0,60,60,1,"",""]]'


def record(number, kind="interval", body=BODY, period=60):
    return Record(number, kind, period, 1_793_577_600_000 + number * 60_000, 0, "b", number * 60_000, "ntp", 100, body)


def fill(path, count, kind="interval"):
    """A record log with the records 1 to `count`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    log = RecordLog.open(path, first=1)
    for number in range(1, count + 1):
        log.append(record(number, kind))
    return log


def place(folder):
    return Place("T-1", 60, folder / "records.db", folder / "live.json", folder / "memory.json", folder / "tap.sock")


def delivery(folder, name="x", **settings):
    """The delivery of the log in `folder` to a broker on this machine."""
    requests = folder / "requests"
    requests.mkdir(exist_ok=True)
    return Delivery(
        name=name, station="T-1", log_path=folder / "records.db", ledger_path=folder / f"{name}.db",
        settings=MqttSettings("127.0.0.1", **settings), requests_dir=requests, live_path=folder / "live.json", period=60,
    )  # fmt: skip


def until(link, wanted, patience=10.0):
    """Poll `link` until `wanted(events)` or the link is down, which is raised."""
    import time

    end, events = time.monotonic() + patience, []
    while not wanted(events):
        assert time.monotonic() < end, f"waited in vain; so far: {events}"
        events += link.poll(0.05)
    return events


def openssl(program, folder, *words):
    subprocess.run([program, *words], check=True, capture_output=True, cwd=folder)


def certificates(program, folder, **servers):
    """An authority, a station's certificate, and one certificate for each of `servers`: name=(days, subjectAltName)."""
    new = ["-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    openssl(program, folder, "req", "-x509", "-days", "90", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca")
    for name, (days, alternative) in {"station": (20, "DNS:T-1"), **servers}.items():
        (folder / "extensions").write_text(f"subjectAltName={alternative}")
        openssl(program, folder, "req", "-new", *new, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl(
            program, folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", str(days), "-out", f"{name}.pem", "-extfile", "extensions",
        )  # fmt: skip
    for path in folder.glob("*.key"):
        path.chmod(0o644)  # mosquitto gives up root
