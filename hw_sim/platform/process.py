"""Starting a simulated part as a process and giving it orders: for `station demo` and the tests."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from hw_sim.platform.broker import die_with_parent


class SimulatedPart:
    """`python -m hw_sim …`, a context manager. `ready` is the line that it said first. It never outlives us."""

    def __init__(self, *arguments: str, log: Path | None = None) -> None:
        self._arguments = arguments
        self._log = log
        self.ready: dict[str, Any] = {}

    def __enter__(self) -> "SimulatedPart":
        errors = self._log.open("ab") if self._log else None
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hw_sim", *self._arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True,
            preexec_fn=die_with_parent,
        )  # fmt: skip
        if errors:
            errors.close()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise RuntimeError(f"hw_sim {self._arguments[0]} ended with {self.process.returncode}; see {self._log}")
        self.ready = json.loads(line)
        return self

    def order(self, **what: Any) -> dict[str, Any]:
        """Give one order (its verb is `do`) and take the answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it in order; kill it if that takes long."""
        if self.process.stdin is None or self.process.stdin.closed:
            return
        try:
            self.process.communicate(timeout=10.0)  # closes its stdin, which ends it
        except (subprocess.TimeoutExpired, ValueError):
            self.process.kill()
            self.process.wait()


def platform(folder: Path, schema: Path, *arguments: str) -> SimulatedPart:
    """The platform, with its files in `folder`."""
    return SimulatedPart("platform", "--dir", str(folder), "--schema", str(schema), *arguments, log=folder / "platform.log")


def hj212_host(log: Path, *arguments: str) -> SimulatedPart:
    """An HJ 212 host on a free port, its complaints in `log`."""
    return SimulatedPart("platform", "--orders", *(arguments or ("--hj212", "127.0.0.1:0")), log=log)


def instruments(scenario: str, folder: Path) -> SimulatedPart:
    """The instruments of a scenario, with their links and sockets in `folder`."""
    return SimulatedPart("instruments", scenario, "--dir", str(folder), log=folder / "instruments.log")
