"""Backup and restore: a station onto a new card, or onto another machine; and which machine this identity runs on.

One identity must not run twice: two stations with the same numbers would overwrite each other's records at the platform. So
the machine's serial number lies in the state folder, and another machine gets a backup only if somebody says that the old one
is gone.
"""

import io
import json
import os
import re
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gateway.link.secret import FOLDER as SECRETS
from gateway.link.secret import secret_file
from gateway.log.copy import copy
from station import VERSION, events
from station.clock import Now
from station.config import load
from station.host.selfwatch import claim
from station.places import Places, shared
from station.upkeep.storing import store_event

MANIFEST = "shanshui-backup.json"
_MEMBER = re.compile(r"(config|state)/[\w@%+=,. -]+(/[\w@%+=,. -]+)*")
_NAMING = ("password_file", "key_file", "ca", "certificate", "key")
"""Settings of a destination that name files."""


class NotRestored(Exception):
    """The text says why."""


class OtherMachine(NotRestored):
    """The backup was made on another machine, and nobody said that it is gone."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself: station id, serial number of the machine, UTC ms, version of this software."""

    station: str
    machine: str
    made: int
    version: str


def backup(target: Path, where: Places, machine: str, utc: int) -> Manifest:
    """Write a backup, readable for its owner only: it holds secrets. Raises BadConfig or OSError."""
    config = load(where.config)
    manifest = Manifest(config.station.id, machine, utc, VERSION)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with tarfile.open(part, "w:gz") as archive, tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        _add(archive, MANIFEST, json.dumps(asdict(manifest)).encode())
        for path in _configuration(where):
            archive.add(path, f"config/{path.relative_to(where.config.parent)}")
        for path in sorted([*where.state.glob("*/*.json"), *where.state.glob("*/*.db")]):
            if not path.is_symlink():  # the link to the log's newest file is made again by whoever writes it
                archive.add(_whole(path, Path(scratch)), f"state/{path.relative_to(where.state)}")
    os.replace(part, target)
    return manifest


def _whole(path: Path, scratch: Path) -> Path:
    """A copy of a database as it is at one moment; any other file, and one that is damaged, as it lies there."""
    if path.suffix != ".db" or ".damaged-" in path.name or ".salvaged-" in path.name:
        return path
    target = scratch / "copy.db"
    target.unlink(missing_ok=True)
    try:
        copy(path, target)
    except OSError:
        return path
    return target


def _configuration(where: Places) -> Iterator[Path]:
    """station.toml, the certificates, and the files beside it that it names."""
    home = where.config.parent
    tables = tomllib.loads(where.config.read_text("utf-8"))
    named = [secret_file(str(one[key])) for one in tables.get("destination", []) for key in _NAMING if one.get(key)]
    named += [secret_file(str(key)) for key in [tables.get("remote", {}).get("key_file")] if key]
    named += [home / one["map"] for one in tables.get("instrument", []) if "map" in one]
    found = [where.config, *where.certificates.glob("*.toml"), *named]
    yield from sorted({path for path in found if path.is_file() and home in path.parents})


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def read_manifest(source: Path) -> Manifest:
    """What the backup says of itself. Raises NotRestored."""
    try:
        with tarfile.open(source) as archive:
            file = archive.extractfile(MANIFEST)
            assert file is not None
            content: dict[str, Any] = json.loads(file.read())
            return Manifest(**content)
    except (OSError, KeyError, ValueError, TypeError, EOFError, tarfile.TarError) as error:
        raise NotRestored(f"{source}: {error}") from None


def restore(source: Path, where: Places, machine: str, now: Now, old_is_gone: bool) -> Manifest:
    """Put a backup in place, where no station is yet. Raises NotRestored or StorageError.

    New records are numbered from the time of day on: the old machine may have used the numbers that follow the backup's last.
    """
    manifest = read_manifest(source)
    for path in (where.config, *where.log.parent.glob(f"{where.log.stem}*")):
        if path.exists():
            raise NotRestored(f"{path} is there already")
    if manifest.machine != machine and not old_is_gone:
        raise OtherMachine(f"{manifest.machine} → {machine}")
    with shared():
        _put_all(source, where)
        claim(where, machine)
        store_event(where, events.restored(manifest.made, manifest.machine, machine), now, skip=True)
    return manifest


def _put_all(source: Path, where: Places) -> None:
    """Put every file of the backup in place, or none. Raises NotRestored."""
    made: list[Path] = []
    try:
        with tarfile.open(source) as archive:
            for member in archive:
                if member.isfile() and member.name != MANIFEST:
                    made.append(_put(archive, member, where))
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        for path in made:
            path.unlink()
        raise NotRestored(f"{source}: {error}") from None


def _put(archive: tarfile.TarFile, member: tarfile.TarInfo, where: Places) -> Path:
    """Put one file of the backup in place. Raises ValueError for a name that leads elsewhere."""
    if not _MEMBER.fullmatch(member.name) or ".." in member.name.split("/"):
        raise ValueError(f"{member.name!r} does not belong into a backup")
    folder, _slash, rest = member.name.partition("/")
    path = (where.config.parent if folder == "config" else where.state) / rest
    path.parent.mkdir(parents=True, exist_ok=True)
    file = archive.extractfile(member)
    assert file is not None
    part = path.with_name(path.name + ".part")
    with part.open("wb") as out:
        while block := file.read(1 << 20):
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    private = SECRETS in path.parents or member.mode & 0o077 == 0
    part.chmod(0o600 if private else 0o640 if folder == "config" else 0o660)
    if folder == "state" and os.geteuid() == 0:  # what is private must belong to the service whose folder it is
        os.chown(part, path.parent.stat().st_uid, path.parent.stat().st_gid)
    os.replace(part, path)
    return path
