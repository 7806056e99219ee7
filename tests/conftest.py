"""What every test may use: `need`, which skips a test whose tools are missing here, and fails it in CI; `once`."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from station import words

settings.register_profile("house", deadline=None)  # a busy machine is not a wrong decoder
settings.load_profile("house")

SYSTEM_PATHS = "/usr/sbin:/usr/local/sbin:/sbin"  # an ordinary user's PATH lacks them; Debian puts mosquitto there


@pytest.fixture(autouse=True)
def english() -> None:
    """Messages are compared in English, whatever language a test before has spoken."""
    words.use("en")


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """What a command does to the whole process would change what later tests see: it must put it back."""
    before = _umask()
    yield
    after = _umask()
    os.umask(before)
    assert after == before, f"the umask was {before:03o} and is {after:03o}"


def _umask() -> int:
    """The process's umask; there is no way to read it without writing it."""
    now = os.umask(0o022)
    os.umask(now)
    return now


class Need:
    """`need("mosquitto")` is that program's path; `need.root()` asks for root; `need.lack(why)` is for the rest."""

    def __call__(self, program: str) -> str:
        """The path of `program`, or the test ends here."""
        path = shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:{SYSTEM_PATHS}")
        return path or self.lack(f"{program} is not installed (Debian: apt-get install {program})")

    def root(self) -> None:
        """Go on only as root."""
        if os.geteuid() != 0:
            self.lack("only root can do this")

    def lack(self, why: str) -> NoReturn:
        """This machine cannot run the test: skipped for a developer, a failure in CI, which must have everything."""
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must be able to run this: {why}", pytrace=False)
        pytest.skip(why)


@pytest.fixture(scope="session")
def need() -> Need:
    """Ask for a program or a right; without it the test is skipped, in CI it fails."""
    return Need()


Once = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """`once(name, fill)` is a folder that one of the workers fills and all of them read."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, fill: Callable[[Path], None]) -> Path:
        folder, done = root / name, root / f"{name}.done"
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                done.touch()
        return folder

    return made
