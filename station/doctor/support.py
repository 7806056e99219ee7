"""One file for whoever helps: the report, the configuration, what the services say and see, the recorded traffic; no secret."""

import io
import json
import re
import tarfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from gateway import requests
from gateway.link.secret import secret_file
from gateway.log.reader import LogReader
from station import VERSION
from station.config import BadConfig, load
from station.doctor.check import Check
from station.doctor.host import Host
from station.doctor.report import lines
from station.live import read_fresh
from station.places import Places

EVENTS = 500
"""Newest records whose events are put in."""

TRACE = 1_000_000
"""Bytes of the end of each recorded trace."""

LISTENING = 5.0
"""s for which the traffic of the buses is recorded."""

SHORTEST = 4
"""Characters of a secret that is blotted out wherever it turns up; a shorter one would blot out everything."""

HIDDEN = "•••"
_SECRET_KEY = re.compile(rb'^(\s*"?\w*(?:password|secret|token|psk|apikey|api_key)"?\s*=).*$', re.MULTILINE | re.IGNORECASE)
"""A secret that stands in the configuration in spite of everything; keys that end in _file name only where one lies."""

_FILES = ("/proc/meminfo", "/proc/loadavg", "/proc/uptime", "/proc/mounts", "/proc/modules", "/proc/cmdline", "/proc/net/route")
_COMMANDS = (
    ("journalctl", "-u", "station-*", "-n", "2000", "--no-pager", "-o", "short-iso"),
    ("journalctl", "-k", "-n", "500", "--no-pager"),
    ("systemctl", "status", "station-*", "--no-pager", "-l"),
)


def language_of(where: Places) -> str:
    """The configuration's language, "" if there is none that can be used."""
    try:
        return load(where.config).station.language
    except BadConfig:
        return ""


def write_bundle(path: Path, host: Host, where: Places, checks: Iterable[Check]) -> None:
    """Write the file. Raises OSError."""
    _listen(where)
    secrets = sorted(_secrets(where), key=len, reverse=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in _contents(host, where, list(checks)):
            for secret in secrets:
                content = content.replace(secret, HIDDEN.encode())
            entry = tarfile.TarInfo(f"shanshui-support/{name}")
            entry.size, entry.mtime = len(content), int(host.wall())
            archive.addfile(entry, io.BytesIO(content))


def _listen(where: Places) -> None:
    """Let acquisition, if it runs, record the traffic of every bus for a while, beside its live values."""
    live = read_fresh(where.live)
    if live is None:
        return
    for name in live["buses"]:
        requests.put(where.requests, requests.make("trace", "cli:doctor", {"bus": name, "seconds": LISTENING}))
    time.sleep(LISTENING + 0.5)


def _contents(host: Host, where: Places, checks: list[Check]) -> Iterator[tuple[str, bytes]]:
    yield "version.txt", f"shanshui-station {VERSION}\n".encode()
    yield "doctor.json", json.dumps({"checks": [one.as_json() for one in checks]}, ensure_ascii=False, indent=1).encode()
    yield "doctor.txt", "\n".join(line for one in checks for line in lines(one)).encode()
    if where.config.exists():
        yield "station.toml", _SECRET_KEY.sub(rb'\1 "' + HIDDEN.encode() + b'"', where.config.read_bytes())
    certificates = sorted(where.certificates.glob("*.toml"))
    states = [where.live, where.delivery, where.memory, where.settings]
    for file in [*certificates, *states, *sorted(where.run.glob("*.starts.json"))]:
        if file.is_file():
            yield file.name, file.read_bytes()
    for file in sorted(where.run.glob("*.trace")):
        yield f"traces/{file.name}", file.read_bytes()[-TRACE:]
    yield "events.jsonl", _events(where)
    for name in _FILES:
        if (text := host.read(name)) is not None:
            yield f"system{name}", text.encode()
    for number, command in enumerate(_COMMANDS):
        if text := host.run(*command):
            yield f"commands/{number}-{command[0]}.txt", text.encode()


def _events(where: Places) -> bytes:
    reader = LogReader(where.log)
    records = reader.newest_first(0, 2**62, EVENTS)
    reader.close()
    return "".join(f"{one.start} {one.body}\n" for one in reversed(records) if one.kind == "event").encode()


def _secrets(where: Places) -> Iterator[bytes]:
    """What stands in the files that the configuration names as secret, so that it can be blotted out wherever it turns up."""
    try:
        config = load(where.config)
    except BadConfig:
        config = None
    names = [
        name
        for destination in (config.destinations if config else ())
        for key in ("password_file", "key_file")
        if (name := getattr(destination.settings, key, ""))
    ]
    names += [config.remote.key_file] if config and config.remote.key_file else []
    folder = secret_file("x").parent
    paths = {secret_file(name) for name in names} | (set(folder.iterdir()) if _readable(folder) else set())
    for path in paths:
        try:
            content = path.read_bytes().strip()
        except OSError:
            continue
        yield from {word for word in (content, *content.split()) if len(word) >= SHORTEST}


def _readable(folder: Path) -> bool:
    try:
        next(folder.iterdir(), None)
    except OSError:
        return False
    return True
