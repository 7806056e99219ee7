"""What a card holds after a power cut: worked out from the log that `card.c` has recorded, by these rules and no kinder ones.

Data of a file is certain if a sync of that file was answered before the cut; a name (made, changed, removed) if a sync of the
folder was, or, of a new file, a sync of that file. Of what is not certain: nothing ("drop"), the first so many operations in
their order ("prefix"), or any of the writes, the last of them cut off at a sector ("torn").
"""

import os
import random
import struct
from dataclasses import dataclass
from pathlib import Path

_HEAD = struct.Struct("=cQqI")
SECTOR = 512
MODES = ("drop", "prefix", "torn")


@dataclass(frozen=True, slots=True)
class Step:
    """One operation: C made, W written, T cut to `offset`, S synced, R renamed, U removed, L linked, A told to the world."""

    what: str
    file: int
    offset: int
    data: bytes

    @property
    def names(self) -> tuple[str, str]:
        one, _, two = self.data.decode().partition("\0")
        return one, two


def read(path: Path) -> list[Step]:
    """The recorded steps, each file with a number of its own: an inode's number may come again."""
    content, at, steps, files = path.read_bytes(), 0, [], {}
    while at < len(content):
        what, inode, offset, length = _HEAD.unpack_from(content, at)
        at += _HEAD.size + length
        if what == b"C" or inode not in files:
            files[inode] = len(steps) + 1
        steps.append(Step(what.decode(), files[inode], offset, content[at - length : at]))
    return steps


def tell(text: str) -> None:
    """Called by the program that is recorded: this is known to the outside from now on."""
    data = text.encode()
    handle = os.open(os.environ["CARD_LOG"], os.O_WRONLY | os.O_APPEND)
    os.write(handle, _HEAD.pack(b"A", 0, 0, len(data)) + data)
    os.close(handle)


def told(steps: list[Step]) -> list[str]:
    return [step.data.decode() for step in steps if step.what == "A"]


def state(steps: list[Step], mode: str, chance: random.Random) -> dict[str, bytes | str]:
    """What the card holds if the power fails after `steps`: by path the content of a file, or the target of a link."""
    synced = {step.file: at for at, step in enumerate(steps) if step.what == "S"}
    made = {step.file for step in steps if step.what == "C"}
    folder = max((at for file, at in synced.items() if file not in made), default=-1)
    names_to = folder if mode == "drop" else chance.randint(folder, len(steps))
    loose = [at for at, step in enumerate(steps) if step.what == "W" and at > synced.get(step.file, -1)]
    if mode == "drop":
        kept = set()
    elif mode == "prefix":
        kept = set(loose[: chance.randint(0, len(loose))])
    else:
        share = chance.random()
        kept = {at for at in loose if chance.random() < share}
    torn = max(kept, default=-1) if mode == "torn" else -1
    names: dict[str, int | str] = {}
    content: dict[int, bytearray] = {}
    for at, step in enumerate(steps):
        certain = at <= synced.get(step.file, -1)
        if step.what == "W" and (certain or at in kept):
            data = step.data[: chance.randrange(0, len(step.data) + 1, SECTOR)] if at == torn else step.data
            _write(content.setdefault(step.file, bytearray()), step.offset, data)
        elif step.what == "T" and (certain or at <= names_to):
            _resize(content.setdefault(step.file, bytearray()), step.offset)
        elif step.what in "CRUL" and (at <= names_to or (step.what == "C" and step.file in synced)):
            _name(names, step)
    return {name: bytes(content.get(to, b"")) if isinstance(to, int) else to for name, to in names.items()}


def _write(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _resize(content: bytearray, size: int) -> None:
    if size < len(content):
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))


def _name(names: dict[str, int | str], step: Step) -> None:
    one, two = step.names
    if step.what == "C":
        names[one] = step.file
    elif step.what == "L":
        names[one] = two
    elif step.what == "U":
        names.pop(one, None)
    elif one in names:
        names[two] = names.pop(one)


def put(there: dict[str, bytes | str], root: str, folder: Path) -> None:
    """Make those files in `folder` instead of `root`."""
    for name, content in there.items():
        path = folder / os.path.relpath(name, root)
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.symlink_to(content)
        else:
            path.write_bytes(content)
