"""A service that fails again and again waits longer, and asks for a reboot; what root does for a request file."""

import subprocess
import time

import pytest

from gateway.requests import BadRequest, make, put, take
from station.host.privileged import Refused, arm_watchdog, attend, carry_out
from station.host.restarts import DESPERATE, LASTING, LONGEST, Restarts, starts


def begin(path, now, waits):
    Restarts(path, "acquire").begin(now, waits.append)


def test_the_delay_grows_and_is_bounded(tmp_path):
    waits, now = [], 1000.0
    for _failure in range(12):
        begin(tmp_path / "s", now, waits)
        now += 1.0 + (waits[-1] if waits else 0)
    assert waits == [2, 4, 8, 16, 32, 64, 120, 120, 120, 120], "the first start and the first restart are not delayed"
    assert max(waits) == LONGEST and starts(tmp_path / "s")["total"] == 12


def test_a_start_that_lasted_or_ended_in_order_forgives(tmp_path):
    waits, path = [], tmp_path / "s"
    for now in (0.0, 1.0, 2.0):
        begin(path, now, waits)
    begin(path, 4.0 + LASTING, waits)
    assert waits == [2] and starts(path)["failures"] == 0
    begin(path, 5.0 + LASTING, waits)
    Restarts(path, "acquire").end()
    begin(path, 6.0 + LASTING, waits)
    assert waits == [2] and starts(path)["failures"] == 0


def test_a_reboot_is_asked_for_when_nothing_helps(tmp_path):
    (tmp_path / "privileged").mkdir()
    for number in range(DESPERATE + 1):
        assert not list((tmp_path / "privileged").iterdir()), number
        begin(tmp_path / "s", 1000.0 + number, [])
    (request,) = take(tmp_path / "privileged")
    assert not isinstance(request, BadRequest)
    assert (request.action, request.who) == ("reboot", "acquire") and "15" in request.arguments["why"]


@pytest.mark.parametrize("content", ["", "[]", '{"total": "x"}', "\x00"])
def test_a_damaged_count_is_begun_anew(tmp_path, content):
    path = tmp_path / "s"
    path.write_text(content)
    begin(path, 5.0, [])
    assert starts(path)["total"] == 1


def test_the_clock_is_set_within_reason(mocker):
    step = mocker.patch("station.host.privileged.time.clock_settime")
    slewed = mocker.patch("station.host.privileged.slew")
    mocker.patch("station.host.privileged.time.time", return_value=1_800_000_000.0)
    carry_out(make("set_clock", "platform", {"by": -1500, "how": "step"}))
    step.assert_called_once_with(time.CLOCK_REALTIME, 1_799_999_998.5)
    carry_out(make("set_clock", "platform", {"by": 700, "how": "slew"}))
    slewed.assert_called_once_with(700)
    for arguments in (
        {"by": -100_000_000_000, "how": "step"},  # before this software was made
        {"by": 10**15, "how": "step"}, {"by": 70_000, "how": "slew"}, {"by": 1, "how": "x"}, {"by": "1", "how": "step"}, {},
    ):  # fmt: skip
        with pytest.raises(Refused):
            carry_out(make("set_clock", "platform", arguments))
    assert step.call_count == slewed.call_count == 1


@pytest.mark.parametrize(("up", "reboots"), [(5 * 3600, 0), (6 * 3600 + 1, 1)])
def test_one_reboot_in_six_hours(mocker, up, reboots):
    """Whatever the clock says: the machine must have been up for six hours."""
    run = mocker.patch("station.host.privileged.subprocess.run")
    mocker.patch("station.host.privileged.time.clock_gettime", return_value=float(up))
    try:
        carry_out(make("reboot", "acquire", {"why": "test"}))
    except Refused:
        assert not reboots
    assert run.call_count == reboots


POWER_ON, FULL_RESET = b"\0\0\x10\0", b"\0\0\0\x20"
"""PM_RSTS as the firmware of a Raspberry Pi hands it on: after power came, after a reboot or the watchdog."""


@pytest.mark.parametrize(
    ("rsts", "bootstatus", "longest", "at_once", "fed"),
    [
        (POWER_ON, "0", "0", True, 60),  # a Raspberry Pi with its own kernel
        (POWER_ON, "0", "15", True, 14),  # with one that cannot count further
        (FULL_RESET, "0", "0", False, 60),
        (b"\0\0\x10\x20", "0", "0", False, 60),  # both are said: only what is certain counts
        (None, "0", "0", False, 60),
        (POWER_ON, "32", "0", False, 60),  # another machine, whose driver tells of its watchdog
        (None, None, None, False, 60),
    ],
)
def test_the_hardware_watchdog_resets_once_in_six_hours(tmp_path, mocker, rsts, bootstatus, longest, at_once, fed):
    """Only a machine that was just switched on is guarded from the start; each other start may have been the watchdog's."""
    watchdog = {"bootstatus": bootstatus, "max_timeout": longest}
    files = {f"sys/class/watchdog/watchdog0/{name}": text.encode() for name, text in watchdog.items() if text is not None}
    for name, content in (files | ({"proc/device-tree/chosen/bootloader/rsts": rsts} if rsts else {})).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    run = mocker.patch("station.host.privileged.subprocess.run")
    arm_watchdog(tmp_path)
    (words,), _named = run.call_args
    assert words[-3:] == ["RuntimeWatchdogUSec", "t", str(fed * 1_000_000)]
    assert (words[0] == "busctl") == at_once and ("--on-boot=21600" in words) == (not at_once)


def test_every_request_is_taken_whatever_it_is(tmp_path, caplog):
    def do(request):
        if request.action == "reboot":
            raise subprocess.CalledProcessError(1, "systemctl")
        return "done"

    put(tmp_path, make("set_clock", "a", {"by": 1, "how": "step"}))
    put(tmp_path, make("reboot", "b", {}))
    (tmp_path / "x.request.json").write_text("{")
    (tmp_path / "y.request.json").symlink_to("/etc/hostname")
    attend(tmp_path, do)
    assert not list(tmp_path.iterdir())
    assert "done" in caplog.text and caplog.text.count("refused") == 1 and caplog.text.count("not a request") == 2


def test_services_have_no_other_way_to_root():
    with pytest.raises(Refused):
        carry_out(make("read", "cli", {"instrument": "pm"}))
