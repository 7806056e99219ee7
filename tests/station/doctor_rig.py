"""A healthy machine as a folder, so that a test plants one fault where the system would show it."""

import dataclasses

from station.clock import NTP_ERROR, Kernel
from station.doctor.findings import FINDINGS
from station.doctor.host import Host
from station.explain import ADVICE

HEALTHY = {
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    "sys/class/thermal/thermal_zone0/temp": "45123\n",
    "sys/class/watchdog/watchdog0/bootstatus": "0\n",
    "proc/uptime": "86400.00 340000.00\n",
    "proc/mounts": "/dev/root / ext4 rw,noatime 0 0\nproc /proc proc rw 0 0\n/dev/mmcblk0p2 /var ext4 rw,noatime 0 0\n",
    "proc/cmdline": "console=tty1 root=PARTUUID=1-02 rootwait\n",
    "sys/block/mmcblk0/stat": "100 0 2000 10 50 0 4096000 10 0 0 0\n",
    "sys/block/mmcblk0/mmcblk0p2/start": "1\n",
    "sys/block/mmcblk0/device/life_time": "0x01 0x02\n",
    "sys/fs/ext4/mmcblk0p2/errors_count": "0\n",
    "sys/class/i2c-adapter/i2c-1/name": "bcm2835\n",
    "sys/module/i2c_dev/refcnt": "0\n",
    "sys/class/net/lo/carrier": "1\n",
    "sys/class/net/wwan0/carrier": "1\n",
    "proc/net/fib_trie": "     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 10.64.3.9\n        /32 host LOCAL\n",
    "proc/net/route": "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n"
    "wwan0\t00000000\t0103400A\t3\t0\t0\t0\t00000000\t0\n",
    "etc/resolv.conf": "nameserver 223.5.5.5\n",
    "etc/passwd": "root:x:0:0::/root:/bin/sh\n",
    "etc/group": "root:x:0:\n",
}
"""Files of a Raspberry Pi with a modem; their forms are those of proc(5), sysfs and a Pi 4 with kernel 6.1."""

SYSTEMCTL = """#!/bin/sh
echo LoadState=loaded
echo ActiveState={active}
echo SubState={sub}
echo Result={result}
echo UnitFileState={enabled}
echo NRestarts={restarts}
"""


class Clock(Kernel):
    """A kernel whose clock is disciplined, or not; who else vouches for it is read from the machine's files."""

    disciplined = True

    def synchronised(self):
        return NTP_ERROR if self.disciplined else None


class Machine:
    """The folder, and what a test may do to it."""

    def __init__(self, folder):
        self.root = folder / "machine"
        for name, text in HEALTHY.items():
            self.write(name, text)
        self.programs = folder / "programs"
        self.programs.mkdir()
        self.clock = Clock((self.root / "run/systemd/timesync",), self.root / "sys/class/rtc/rtc0")
        self.systemctl()
        self.host = Host(self.root, str(self.programs), system=self.clock)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8") if isinstance(text, str) else path.write_bytes(text)

    def remove(self, name):
        (self.root / name).unlink()

    def at(self, wall):
        """The same machine at another time."""
        self.host = dataclasses.replace(self.host, wall=lambda: wall)

    def systemctl(self, active="active", sub="running", result="success", enabled="enabled", restarts=0):
        path = self.programs / "systemctl"
        path.write_text(SYSTEMCTL.format(active=active, sub=sub, result=result, enabled=enabled, restarts=restarts))
        path.chmod(0o755)


def assert_named(checks, name, finding, verdict="failed"):
    """The check `name` names that fault, with evidence, cause and next step; no other check that was made has failed."""
    found = {check.name: check for check in checks}
    advice = FINDINGS.get(finding) or ADVICE[finding]
    check = found[name]
    assert (check.verdict, check.cause.partition("{")[0]) == (verdict, advice.cause.partition("{")[0]), check
    assert check.evidence and check.next
    assert "{" not in check.evidence + check.next
    others = {check.name: check.evidence for check in checks if check.verdict == "failed" and check.name != name}
    assert not others, f"what is not broken is not accused: {others}"


def assert_good(checks):
    assert not {check.name: check.evidence for check in checks if check.verdict in ("failed", "warning")}
    assert any(check.verdict == "good" for check in checks)
