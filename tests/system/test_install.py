"""From the bundle to running services: in a clean tree without network, in a scratch root, twice, and away again."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TOOLS = ("unshare", "setpriv", "systemd-sysusers", "systemd-tmpfiles", "systemctl", "systemd-analyze")


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=240, **more)


@pytest.fixture(scope="module")
def bundle(once, need):
    """The unpacked bundle for this machine; making it asks the package registry for what is not in pip's cache."""
    need.root()
    for tool in TOOLS:
        need(tool)
    if run("/usr/bin/python3", "-c", "import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 11))").returncode:
        need.lack("/usr/bin/python3 has no venv (Debian: apt-get install python3-venv)")
    folder = once("bundle", lambda folder: _bundle(folder, need))
    return next(path for path in folder.iterdir() if path.is_dir())


def _bundle(folder, need):
    made = run(str(ROOT / "systemd/bundle.sh"), "x86_64", str(folder))
    if made.returncode:
        need.lack(f"no bundle can be made: {made.stderr[-300:]}")
    subprocess.run(["tar", "-C", str(folder), "-xf", made.stdout.strip()], check=True)


def install(bundle, scratch, *words):
    done = run(str(bundle / "install.sh"), *words, env={"DESTDIR": str(scratch), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def scratch(tmp_path_factory, bundle):
    scratch = tmp_path_factory.mktemp("scratch")
    (scratch / "etc").mkdir()
    (scratch / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (scratch / "etc/group").write_text("root:x:0:\n")
    first = install(bundle, scratch)
    assert "writing /etc/systemd/system/station-acquire.service" in first
    return scratch


def owner(scratch, name):
    status = (scratch / name).stat()
    users = {int(line.split(":")[2]): line.split(":")[0] for line in (scratch / "etc/passwd").read_text().splitlines()}
    groups = {int(line.split(":")[2]): line.split(":")[0] for line in (scratch / "etc/group").read_text().splitlines()}
    return users[status.st_uid], groups[status.st_gid], oct(status.st_mode)[-4:]


def test_users_folders_and_units(scratch):
    assert owner(scratch, "var/lib/shanshui/acquire") == ("station-acquire", "station", "2770")
    assert owner(scratch, "var/lib/shanshui/gateway") == ("station-gateway", "station", "2770")
    assert owner(scratch, "var/lib/shanshui") == ("root", "station", "2770")
    assert owner(scratch, "run/shanshui/privileged") == ("root", "station", "2770")
    assert owner(scratch, "etc/shanshui/secrets") == ("root", "root", "0700")
    wanted = scratch / "etc/systemd/system"
    assert (wanted / "multi-user.target.wants/station.target").is_symlink()
    assert {path.name for path in (wanted / "station.target.wants").iterdir()} == {
        "station-acquire.service", "station-gateway.service", "station-privileged.path", "station-watchdog.service",
    }  # fmt: skip
    station = scratch / "opt/shanshui/bin/station"
    assert station.read_text().startswith("#!/opt/shanshui/bin/python\n")
    assert str(scratch) not in (scratch / "opt/shanshui/pyvenv.cfg").read_text()
    done = run(str(scratch / "opt/shanshui/bin/python"), "-m", "station", "--version", cwd="/")
    assert done.stdout == "0.1.0\n"


def test_a_second_time_changes_nothing_and_keeps_what_is_there(scratch, bundle):
    (scratch / "etc/shanshui/station.toml").write_text("mine")
    (scratch / "var/lib/shanshui/acquire/records.db").write_text("mine")
    again = install(bundle, scratch)
    assert "writing" not in again
    assert (scratch / "etc/shanshui/station.toml").read_text() == "mine"


def test_uninstall_keeps_data_unless_told(tmp_path, scratch, bundle):
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-a", str(scratch), str(copy)], check=True)
    (copy / "etc/shanshui/station.toml").write_text("mine")
    install(bundle, copy, "--uninstall")
    assert (copy / "etc/shanshui/station.toml").exists() and (copy / "var/lib/shanshui/acquire").is_dir()
    left = [p for p in copy.rglob("*station*") if p.is_file() and "shanshui" not in str(p.relative_to(copy))]
    assert not left and not (copy / "opt/shanshui").exists()
    install(bundle, copy, "--uninstall", "--purge")
    assert not (copy / "etc/shanshui").exists() and not (copy / "var/lib/shanshui").exists()
    assert "station" not in (copy / "etc/passwd").read_text() + (copy / "etc/group").read_text()


def test_a_damaged_bundle_is_refused(tmp_path, bundle):
    damaged = tmp_path / "damaged"
    shutil.copytree(bundle, damaged)
    wheel = next((damaged / "wheels").glob("pymodbus*"))
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"x")
    done = run(str(damaged / "install.sh"), env={"DESTDIR": str(tmp_path / "root"), "PATH": "/usr/bin:/bin"})
    assert done.returncode == 3 and "damaged" in done.stderr
    assert not (tmp_path / "root/opt").exists()
    done = run(
        str(damaged / "install.sh"), env={"DESTDIR": str(tmp_path / "root"), "PATH": "/usr/bin:/bin", "LANG": "zh_CN.UTF-8"}
    )
    assert "安装包已损坏" in done.stderr


def test_wrong_words_are_told(bundle):
    done = run(str(bundle / "install.sh"), "--instal")
    assert done.returncode == 2 and "--uninstall" in done.stdout


def test_installed_without_network_and_started_as_two_users(tmp_path, bundle):
    """In a clean tree: install from the bundle, start both services, and read the log as everybody in every state of things.

    Then the backup runs on another machine, until its platform has what was owed and what is new.
    """
    (tmp_path / "bundle").symlink_to(bundle)
    shutil.copy(HERE / "inside_tree.py", bundle / "inside_tree.py")
    inside = "sh /bundle/install.sh >&2 && /opt/shanshui/bin/python /bundle/inside_tree.py"
    done = run("sh", str(HERE / "clean_tree.sh"), str(tmp_path), "sh", "-c", inside)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    for ears in found.pop("ready").values():
        assert ears == ["READY=1", "WATCHDOG=1"]
    assert found.pop("stopped with") == 0 and found.pop("ended with") == [0, 0]
    strangers = found.pop("stranger")
    assert not [name for name, (_code, text) in strangers.items() if "Traceback" in text], strangers
    assert all(code for code, _text in strangers.values())
    assert "usermod -aG station pi" in strangers["log"][1] and "usermod -aG station pi" in strangers["doctor"][1]
    restored = found.pop("elsewhere")
    assert restored["made"][0] == restored["restored"][0] == 0, restored
    assert restored["refused"][0] == 1 and "machine-a → machine-b" in restored["refused"][1]
    assert restored["before and after"][0] > 2 and restored["before and after"][1] == "and new ones", restored
    assert restored["ended with"] == [0, 0] and restored["problems"] == []
    modes = found.pop("modes")
    assert set(modes.values()) == {"660"}, f"a file that the group cannot write shuts the other service out: {modes}"
    for when, seen in found.items():
        assert seen.pop("gateway") is True, when
        for user, lines in seen.items():
            assert isinstance(lines, int) and lines > 2, f"{when}: {user} sees {lines}"
