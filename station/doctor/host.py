"""The machine as a folder of files (`/` in the field), and the few programs that are asked."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from station.clock import Kernel, System
from station.host.pihealth import text_of


@dataclass(frozen=True)
class Host:
    """Where the system's files and programs are, and which clocks hold.

    root      below it lie /proc, /sys, /etc
    programs  folders in which programs are looked for, as in PATH
    wall      UTC in s
    system    who knows whether the clock is synchronised; the kernel's own word if None
    """

    root: Path = Path("/")
    programs: str = os.defpath + ":/usr/sbin:/sbin"
    wall: Callable[[], float] = time.time
    system: System | None = field(default=None)

    def path(self, name: str) -> Path:
        """The place of the system file `name` (absolute)."""
        return self.root / name.lstrip("/")

    def read(self, name: str) -> str | None:
        """The text of a system file, without the white space round it; None if it cannot be read."""
        return text_of(self.root, name.lstrip("/"))

    def glob(self, pattern: str) -> list[Path]:
        """The system files that fit, sorted."""
        return sorted(self.root.glob(pattern.lstrip("/")))

    def run(self, *command: str) -> str | None:
        """What a program prints, None if it is not there or fails."""
        program = shutil.which(command[0], path=self.programs)
        if program is None:
            return None
        try:
            done = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=20)
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout if done.returncode == 0 else None

    def clock(self) -> System:
        """Who knows how good the clock is."""
        services = tuple(self.path(name) for name in ("/run/systemd/timesync", "/run/chrony"))
        return self.system or Kernel(services, self.path("/sys/class/rtc/rtc0"))

    def accounts(self, name: str) -> dict[str, list[str]]:
        """/etc/passwd or /etc/group: name → its fields."""
        lines = (self.read(f"/etc/{name}") or "").splitlines()
        return {fields[0]: fields for line in lines if len(fields := line.split(":")) > 2}
