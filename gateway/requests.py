"""Request files: how the gateway and the command line ask acquisition for something.

Whoever is entitled puts one JSON file into `requests/` of the run folder by atomic rename; acquisition takes it away,
does it, writes the answer beside it as `<id>.answer.json` and an event into the record log: who, when, what, result.
"""

import json
import os
import re
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from gateway.record import compact

Action = Literal[
    "read", "clean", "maintenance", "emergency", "trace", "note", "certificates", "gaps", "metric", "sample", "chain", "settings",
    "set_clock", "reboot",
]  # fmt: skip
ACTIONS: tuple[Action, ...] = get_args(Action)
INTERNAL: frozenset[Action] = frozenset(ACTIONS) - {"read", "clean", "maintenance", "emergency"}
"""What only the station's own programs ask for; a note gets no answer, and the last two go to `PRIVILEGED`."""

PRIVILEGED = "privileged"
"""Folder beside `requests/` for what only root may do: `station privileged` takes them, without an answer."""

REQUEST = ".request.json"
ANSWER = ".answer.json"
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class BadRequest(ValueError):
    """The text is not a request; it says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    id         made by the asker, unique: letters, digits, dashes
    action     "read" one instrument now, "clean" it, "maintenance" or "emergency" on or off, "trace" a bus, "note" what the
               platform changed, or read the folder of "certificates" anew
    who        who asks: "cli:pi", "platform:district"
    arguments  read, clean: {"instrument": name}; maintenance: {"on": bool}, and {"instrument": name} for one alone; with
               {"seconds": number} it ends by itself, {"by": name, "note": text} are kept; emergency: likewise for the station,
               and {"drill": true} if it is only practised;
               trace: {"bus": name, "seconds": number}, 0 ends it; note: {"what": word, …}, kept as an event;
               gaps: an hour of the gap ledger, likewise; metric: a metric of an hour or a day, likewise; sample: a value
               of a laboratory, likewise; chain: the digest of an hour's records, likewise;
               settings: {"set": {path: value, …}, "by": name, "note": text, "confirm_within_minutes": number}, or
               {"confirm": id of a set} or {"undo": id}; of a platform {"number": one that grows} too, and all of it signed;
               certificates: {}, or the facts of a guided calibration, kept as an event;
               set_clock: {"by": ms, "how": "step" or "slew"}; reboot: {"why": text}
    """

    id: str
    action: Action
    who: str
    arguments: dict[str, Any]


def make(action: Action, who: str, arguments: dict[str, Any]) -> Request:
    """A new request."""
    return Request(uuid.uuid4().hex, action, who, arguments)


def parse(text: str, who: str = "") -> Request:
    """A request from its JSON text; `who`, if given, counts more than what the text says. Raises BadRequest."""
    try:
        data = json.loads(text)
        request = Request(str(data["id"]), data["action"], who or str(data["who"]), dict(data.get("arguments", {})))
        compact(request.arguments)  # they go into a record, which knows no infinity
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadRequest(f"not a request: {error!r}") from None
    if request.action not in ACTIONS:
        raise BadRequest(f"unknown action {request.action!r}; known: {', '.join(ACTIONS)}")
    if not _ID.fullmatch(request.id):
        raise BadRequest("id must be 1 to 64 letters, digits and dashes")
    return request


def put(folder: Path, request: Request) -> None:
    """Ask. Raises OSError if the folder is not there or may not be written."""
    _write(folder / (request.id + REQUEST), asdict(request))


def take(folder: Path) -> list[Request | BadRequest]:
    """Every waiting request, each taken away; a file that is none comes back as `BadRequest`."""
    taken: list[Request | BadRequest] = []
    for path in sorted(folder.glob("*" + REQUEST)):
        try:
            taken.append(parse(path.read_text("utf-8")))
        except (OSError, ValueError) as error:
            taken.append(BadRequest(f"{path.name}: {error}"))
        path.unlink(missing_ok=True)
    return taken


def withdraw(folder: Path, request: Request) -> None:
    """Take a request back that nobody has taken."""
    (folder / (request.id + REQUEST)).unlink(missing_ok=True)


def answer(folder: Path, request: Request, result: dict[str, Any]) -> None:
    """Acquisition's answer."""
    _write(folder / (request.id + ANSWER), result)


def take_answer(folder: Path, request: Request) -> dict[str, Any] | None:
    """The answer, taken away, or None if there is none yet."""
    path = folder / (request.id + ANSWER)
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    path.unlink(missing_ok=True)
    return found


def wait_for_answer(folder: Path, request: Request, patience: float) -> dict[str, Any] | None:
    """The answer, waiting at most `patience` s; then the request is withdrawn and there is None."""
    end = time.monotonic() + patience
    while (found := take_answer(folder, request)) is None:
        if time.monotonic() >= end:
            withdraw(folder, request)
            return None
        time.sleep(0.02)
    return found


def reply(request: Request, result: dict[str, Any]) -> str:
    """What a platform gets for its command."""
    return compact({"id": request.id, "action": request.action, **result})


def refusal(text: str, error: str) -> str:
    """What a platform gets for a text that is no command; the id is repeated if one can be found."""
    try:
        number = str(json.loads(text)["id"])[:64]
    except (ValueError, KeyError, TypeError, RecursionError):
        number = ""
    return compact({"id": number, "ok": False, "error": error})


def _write(path: Path, content: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    os.replace(part, path)
