"""The package as a station gets it: built from what is committed, installed with the run-time lock, far from here."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import Need, Once
from tests.house.source import PACKAGES, ROOT, committed, complain

OFFLINE = ("NewConnectionError", "ConnectTimeout", "Temporary failure in name resolution", "Network is unreachable")
NAMES = """
import importlib.util, json
from importlib.metadata import packages_distributions
owners = packages_distributions()
find = lambda name: importlib.util.find_spec(name)
spec = {name: getattr(find(name), "origin", None) for name in NAMES}
print(json.dumps({"owners": {name: owners.get(name) for name in NAMES}, "found": spec}))
"""


def run(*words: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A program, with nothing of this checkout in its environment."""
    ours = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONWARNINGS")
    environment = {name: value for name, value in os.environ.items() if name not in ours} | variables
    command = [str(word) for word in words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)


def good(result: subprocess.CompletedProcess[str], what: str) -> str:
    if result.returncode:
        pytest.fail(f"{what}: exit code {result.returncode}\n{result.stdout}\n{result.stderr}", pytrace=False)
    return result.stdout


@pytest.fixture(scope="module")
def wheel(need: Need, once: Once) -> Path:
    """The wheel of what git holds; a stray file of this folder does not help it."""
    need("git")
    (made,) = once("wheel", _build).glob("shanshui_station-*.whl")
    return made


def _build(folder: Path) -> None:
    for name in committed():
        copy = folder / "source" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    # a whole path and --no-index: a bare word would be looked up as a package's name
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-index", "--no-deps", "--no-build-isolation"]
    good(run(*pip, "--wheel-dir", folder, folder / "source", cwd=folder), "pip wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, need: Need, once: Once) -> Path:
    """A fresh environment with the wheel and the run-time lock; the path of its programs."""
    return once("installed", lambda folder: _install(folder, wheel, need)) / "env/bin"


def _install(folder: Path, wheel: Path, need: Need) -> None:
    good(run(sys.executable, "-m", "venv", folder / "env", cwd=folder), "venv")
    programs = folder / "env/bin"
    pip = [programs / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    locked = run(*pip, "--require-hashes", "-r", ROOT / "requirements.txt", cwd=folder)
    if locked.returncode and any(sign in locked.stderr for sign in OFFLINE):
        need.lack("no registry can be reached")
    good(locked, "pip install of requirements.txt")
    good(run(*pip, "--no-deps", "--no-index", wheel, cwd=folder), "pip install of the wheel")
    good(run(programs / "python", "-m", "pip", "check", cwd=folder), "pip check: requirements.txt is not enough")


def test_it_holds_the_five_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.partition("/")[0] for name in names}
    strange = {top for top in tops if top not in PACKAGES and not top.endswith(".dist-info")}
    complain(sorted(strange), "the wheel holds what is not of the five packages:")
    wanted = {name for name in committed() if name.partition("/")[0] in PACKAGES}
    complain(sorted(wanted - names), "committed, but not in the wheel (package-data in pyproject.toml):")
    ours = {name for name in names if name.partition("/")[0] in PACKAGES}
    complain(sorted(ours - wanted), "in the wheel, but not committed:")


def test_decode_works_far_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    words = [5, 12, 14, 5, 11, 14, 900, 270, 90, 10, 4, 2, 0x9700]
    frame = b"\x42\x4d\x00\x1c" + b"".join(word.to_bytes(2, "big") for word in words)
    frame += sum(frame).to_bytes(2, "big")
    told = good(run(installed / "station", "decode", "pms5003", frame.hex(), cwd=tmp_path), "station decode")
    answer = json.loads(told)
    assert (answer["valid"], answer["usable"]) == (True, True)
    assert (answer["values"]["pm25_cf1"], answer["values"]["pm25_atm"]) == (12.0, 11.0)
    bad = run(installed / "station", "decode", "pms5003", frame[:-1].hex() + "ff", cwd=tmp_path)
    assert bad.returncode == 1, bad.stderr
    assert json.loads(bad.stdout)["valid"] is False


def test_commands_work_far_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    good(run(installed / "station", "--lang", "zh", "--help", cwd=tmp_path), "station --help")
    assert json.loads(good(run(installed / "station", "drivers", "--json", cwd=tmp_path), "station drivers"))
    example = tmp_path / "station.toml"
    example.write_text(good(run(installed / "station", "config", "example", cwd=tmp_path), "station config example"))
    good(run(installed / "station", "config", "check", example, cwd=tmp_path), "station config check")


def test_each_name_is_ours_alone_in_a_clean_environment(installed: Path, tmp_path: Path) -> None:
    code = f"NAMES = {[*PACKAGES, 'tests', 'systemd']!r}\n{NAMES}"
    seen = json.loads(good(run(installed / "python", "-c", code, cwd=tmp_path), "looking for the names"))
    for name in PACKAGES:
        assert set(seen["owners"][name]) == {"shanshui-station"}, name
        assert Path(seen["found"][name]).is_relative_to(installed.parent), name
    assert seen["found"]["tests"] is seen["found"]["systemd"] is None, "never installed"
