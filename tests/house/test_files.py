"""What is committed, and what each instrument of the catalogue must have."""

import ast
import re
import sys
import tomllib
from importlib import import_module
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import pytest

from drivers.catalogue import find
from drivers.driver import Terminal
from tests.conftest import Need
from tests.house.source import PACKAGES, ROOT, committed, complain, modules, pins

HERE = re.compile(r"(?<![\w.:/<~-])/(?:(?:work|root)/|home/\w)|/[.]pyenv/")
"""Absolute paths that only one machine has."""

CHINESE = re.compile(r"[\u4e00-\u9fff]")
TERMINALS = get_args(Terminal)
REGISTRIES = re.compile(
    r"pypi[.]\w+|[p]ythonhosted|registry[.](?:npm|yarn)|[.]debian[.]org|\bmirrors?[.]\w+[.]\w+"
    r"|--(?:extra-)?[i]ndex-url|--[f]ind-links|--[t]rusted-host"
)
"""Hosts of package registries and options that name one; the brackets keep this pattern from finding itself."""


@pytest.fixture(scope="module")
def texts(need: Need) -> dict[str, str]:
    """Every committed text file."""
    need("git")
    if not (ROOT / ".git").exists():
        need.lack("this is no git checkout")
    found = {}
    for name in committed():
        data = (ROOT / name).read_bytes()
        if b"\0" not in data:
            found[name] = data.decode("utf-8")
    return found


def grep(texts: dict[str, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {hit.group()}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (hit := pattern.search(line))
    ]


def test_no_path_of_this_machine(texts: dict[str, str]) -> None:
    complain(grep(texts, HERE), "committed files name paths of one machine:")
    assert grep({"a": "see /" + "root/x"}, HERE), "the pattern finds nothing"
    assert not grep({"a": "docs/work/x, /etc/shanshui/station.toml"}, HERE)


def test_no_registry_is_named(texts: dict[str, str]) -> None:
    complain(grep(texts, REGISTRIES), "a registry's address belongs to the machine, not into a committed file:")
    assert grep({"a": "https://files.python" + "hosted.org/x"}, REGISTRIES), "the pattern finds nothing"


def test_nothing_made_is_committed(texts: dict[str, str]) -> None:
    made = re.compile(r"(^|/)(__pycache__|\.venv|build|dist|[^/]*\.egg-info)/|\.py[co]$|\.sqlite3?(-wal|-shm)?$")
    complain([name for name in committed() if made.search(name)], "these are made, not written:")


def test_folders_that_hold_no_packages() -> None:
    stray = [*(ROOT / "tests").rglob("__init__.py"), *(ROOT / "systemd").rglob("*.py")]
    complain([str(path.relative_to(ROOT)) for path in stray], "no __init__.py in tests/, no Python in systemd/:")


def test_every_package_folder_has_its_guide() -> None:
    folders = {path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    missing = sorted(str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists())
    complain(missing, "a folder with Python files needs an __init__.py, whose docstring is its guide:")


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = {
        "requirements.txt": project["dependencies"],
        "requirements-dev.txt": [*project["dependencies"], *extras["demo"], *extras["dev"]],
    }
    offenders = []
    for lock, wanted in asked.items():
        pinned = {f"{name}=={version}" for name, version in pins(lock).items()}
        offenders += [f"{lock}: lacks {line}" for line in wanted if line not in pinned]
        entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text("utf-8").strip())
        offenders += [f"{lock}: no hash: {entry}" for entry in entries if "--hash=sha256:" not in entry]
    both = pins("requirements-dev.txt")
    offenders += [f"{name} differs between the locks" for name, v in pins("requirements.txt").items() if both.get(name) != v]
    complain(offenders, "the locks are stale; next: make lock")


def test_each_name_is_ours_alone() -> None:
    owners = packages_distributions()
    offenders = []
    for name in PACKAGES:
        if set(owners.get(name, ())) != {"shanshui-station"}:
            offenders.append(f"{name}: installed by {owners.get(name)}")
        spec = find_spec(name)
        if spec is None or not Path(spec.origin or "").is_relative_to(ROOT):
            offenders.append(f"{name}: Python finds it at {spec and spec.origin}")
        if name in sys.stdlib_module_names:
            offenders.append(f"{name}: a module of Python itself")
    complain(offenders, "each of the five names must belong to us alone:")


def catalogue() -> dict[str, str]:
    return dict(import_module("drivers.catalogue").CATALOGUE)


def test_every_driver_has_its_file() -> None:
    offenders = []
    for name, place in catalogue().items():
        if place.endswith(".toml"):
            if not (ROOT / "drivers" / place).exists() or Path(place).stem != name:
                offenders.append(f"{name}: no description drivers/{place}, or of another name")
        elif place not in modules():
            offenders.append(f"{name}: no module {place}")
        elif [driver.name for driver in import_module(place).DRIVERS].count(name) != 1:
            offenders.append(f"{name}: {modules()[place].where} does not declare it once in DRIVERS")
    complain(offenders, "every driver of the catalogue has its file:")


def test_every_description_is_in_the_catalogue() -> None:
    places = set(catalogue().values())
    found = {path.relative_to(ROOT / "drivers").as_posix() for path in (ROOT / "drivers").glob("*/*.toml")}
    tables = {
        place for place in found if not {"title", "read"} <= set(tomllib.loads((ROOT / "drivers" / place).read_text("utf-8")))
    }
    complain(sorted(found - places - tables), "a description, but not in drivers/catalogue.py:")


def test_every_declared_driver_is_in_the_catalogue() -> None:
    table = catalogue()
    offenders = [
        f"{module.where}: {driver.name}"
        for name, module in modules().items()
        if name.count(".") == 2 and name.startswith("drivers.") and not name.startswith("drivers.bus.")
        for driver in getattr(import_module(name), "DRIVERS", ())
        if table.get(driver.name) != name
    ]
    complain(offenders, "declared, but not in drivers/catalogue.py:")


def test_every_driver_has_a_capture() -> None:
    offenders = [name for name in catalogue() if not (ROOT / "tests/captures" / f"{name}.toml").exists()]
    complain(offenders, "no tests/captures/NAME.toml (published frames, their source, what they say) for:")
    orphans = {path.stem for path in (ROOT / "tests/captures").glob("*.toml")} - set(catalogue())
    complain(sorted(orphans), "captures of no driver:")


def test_every_driver_has_a_simulated_twin() -> None:
    try:
        twins = import_module("hw_sim.instruments").INSTRUMENTS
    except (ImportError, AttributeError) as error:
        twins = {}
        print(f"hw_sim/instruments/__init__.py has no table INSTRUMENTS: {error}")
    complain(
        [name for name in catalogue() if name not in twins and name != "modbus_map" and find(name).port != "hid"],
        "no twin in hw_sim.instruments.INSTRUMENTS for:",
    )


def test_every_driver_has_its_page() -> None:
    """What `station drivers NAME` shows: source, wiring, supply, faults, limits, in both languages; frames as it says."""
    offenders = []
    for name in catalogue():
        driver = find(name)
        page = driver.page
        texts = [page.supply, page.cannot, *page.faults, (driver.title, driver.zh)]
        if not (page.source and page.wiring and page.faults):
            offenders.append(f"{name}: source, wiring or faults are missing")
        if any(len(text) != 2 or not all(text) for text in texts):
            offenders.append(f"{name}: a text without both languages")
        if any(not CHINESE.search(text[1]) for text in texts[1:] if len(text) == 2):
            offenders.append(f"{name}: a Chinese text without a Chinese character")
        if any(goes not in TERMINALS for _pin, goes in page.wiring):
            offenders.append(f"{name}: a wire goes to none of {', '.join(TERMINALS)}")
        frames = tomllib.loads((ROOT / "tests/captures" / f"{name}.toml").read_text("utf-8"))["frame"]
        data = [one["source"] for one in frames if one["kind"] == "data"]
        published = any("by hand" not in source and "Modbus application protocol" not in source for source in data)
        if published != page.published:
            offenders.append(f"{name}: page.published is {page.published}, tests/captures/{name}.toml says {published}")
    complain(offenders, "the page of a driver is not whole:")


def test_a_family_file_says_what_it_is() -> None:
    """The docstring of a driver file: which devices, from which sheet, what they cannot say."""
    offenders = []
    for place in set(catalogue().values()):
        if place in modules() and place.count(".") == 2:
            words = (ast.get_docstring(modules()[place].tree) or "").lower()
            offenders += [f"{modules()[place].where}: {w}" for w in ("source", "cannot say") if w not in words]
    complain(offenders, "the docstring of a driver file names its source, and says what the devices cannot say; missing:")
