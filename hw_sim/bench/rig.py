"""A station's own processes in a folder, and what they use of the machine."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INTERVAL = 5
"""s of a station's intervals."""

TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "gateway" / "payload.schema.json"


def cpu(pid: int) -> float:
    """CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(pid: int) -> float:
    """Resident memory in MB."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def memory(pid: int) -> dict[str, float]:
    """MB that a process occupies: all of it (rss), with its share of what others use too (pss), what is its own (uss)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {line.partition(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return {"rss": sizes["Rss"], "pss": sizes["Pss"], "uss": sizes["Private_Clean"] + sizes["Private_Dirty"]}


def written(pid: int) -> int:
    """Bytes that a process caused to be written to storage."""
    line = next(line for line in Path(f"/proc/{pid}/io").read_text().splitlines() if line.startswith("write_bytes"))
    return int(line.split()[1])


class Services:
    """`station acquire` and `station gateway` with the configuration in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.services: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, sign: str) -> float:
        """Start a service; s until its state file is there."""
        begin = time.monotonic()
        self.launch(name)
        while not (self.folder / "run" / sign).exists():
            if self.services[name].poll() is not None or time.monotonic() - begin > 20:
                raise RuntimeError(f"station {name} does not start")
            time.sleep(0.005)
        return time.monotonic() - begin

    def launch(self, name: str, **environment: str) -> None:
        """Start a service, and do not wait for it."""
        words = ["--config", self.folder / "station.toml", "--state", self.folder / "state", "--run", self.folder / "run"]
        self.services[name] = subprocess.Popen(
            [sys.executable, "-m", "station", name, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | _deployed(name) | environment,
        )

    def end(self, name: str) -> None:
        """End a service, and wait for it: until then it writes."""
        service = self.services.pop(name)
        service.send_signal(signal.SIGTERM)
        service.wait(20)

    def stop(self) -> None:
        """End both."""
        for service in self.services.values():
            service.send_signal(signal.SIGTERM)
        for service in self.services.values():
            service.wait(20)


class Station(Services):
    """`station acquire` and `station gateway` in a folder, with Modbus instruments on given ports; port 0: no destination."""

    def __init__(self, folder: Path, buses: dict[str, str], models: list[tuple[str, str, int]], port: int) -> None:
        super().__init__(folder)
        text = f'[station]\nid = "BENCH"\nname = "bench"\ninterval = {INTERVAL}\n'
        for name, address in buses.items():
            text += f'[[bus]]\nname = "{name}"\nkind = "modbus"\nport = "{address}"\nbaud = 9600\n'
        for number, (model, bus, unit) in enumerate(models):
            text += f'[[instrument]]\nname = "i{number}"\ndriver = "{model}"\nbus = "{bus}"\naddress = {unit}\ninterval = 1.0\n'
        if port:
            text += f'[[destination]]\nname = "platform"\nhost = "127.0.0.1"\nport = {port}\nin_flight = 100\n'
        (folder / "station.toml").write_text(text, "utf-8")


def _deployed(name: str) -> dict[str, str]:
    """What is in the environment of an installed service: its unit's, and bytecode that is there."""
    lines = (ROOT / "systemd" / f"station-{name}.service").read_text("utf-8").splitlines()
    unit = dict(line.partition("=")[2].split("=", 1) for line in lines if line.startswith("Environment="))
    return unit | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(sys.prefix) / "pycache")}


@contextmanager
def folder() -> Iterator[Path]:
    """A short-named folder that goes away; its `run` lies in memory, as /run does on a station."""
    made = Path(tempfile.mkdtemp(prefix="shbench-"))
    memory = Path(tempfile.mkdtemp(prefix="shbench-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    (made / "run").symlink_to(memory)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(memory, ignore_errors=True)
