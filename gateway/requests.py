"""Request files: how the gateway and the command line ask acquisition for something.

Whoever is entitled puts one JSON file into `requests/` of the run folder by atomic rename; acquisition takes it away,
does it, writes the answer beside it as `<id>.answer.json` and an event into the record log: who, when, what, result.
"""

import json
import os
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Action = Literal["read", "maintenance"]
ACTIONS: tuple[Action, ...] = ("read", "maintenance")
REQUEST = ".request.json"
ANSWER = ".answer.json"


class BadRequest(ValueError):
    """The file is not a request; the text says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    id         made by the asker, unique
    action     "read" one instrument now, or "maintenance" on or off
    who        who asks: "cli:pi", "platform:district"
    arguments  read: {"instrument": name}; maintenance: {"on": bool}
    """

    id: str
    action: Action
    who: str
    arguments: dict[str, Any]


def ask(folder: Path, action: Action, who: str, arguments: dict[str, Any]) -> Request:
    """Put a request into `folder`. Raises OSError if nobody runs there or the folder may not be written."""
    request = Request(uuid.uuid4().hex, action, who, arguments)
    _put(folder / (request.id + REQUEST), asdict(request))
    return request


def answer_of(folder: Path, request: Request, patience: float) -> dict[str, Any] | None:
    """The answer, waiting at most `patience` seconds, or None. Takes the answer away; withdraws an unread request."""
    path = folder / (request.id + ANSWER)
    end = time.monotonic() + patience
    while True:
        try:
            answer: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            if time.monotonic() >= end:
                (folder / (request.id + REQUEST)).unlink(missing_ok=True)
                return None
            time.sleep(0.02)
        else:
            path.unlink(missing_ok=True)
            return answer


def take(folder: Path) -> list[Request | BadRequest]:
    """Every waiting request, oldest name first, each taken away; a file that is none comes back as `BadRequest`."""
    taken: list[Request | BadRequest] = []
    for path in sorted(folder.glob("*" + REQUEST)):
        try:
            taken.append(parse(path.read_text("utf-8")))
        except (OSError, ValueError) as error:
            taken.append(BadRequest(f"{path.name}: {error}"))
        path.unlink(missing_ok=True)
    return taken


def parse(text: str) -> Request:
    """A request from its JSON text. Raises BadRequest."""
    try:
        data = json.loads(text)
        request = Request(str(data["id"]), data["action"], str(data["who"]), dict(data.get("arguments", {})))
    except (ValueError, KeyError, TypeError) as error:
        raise BadRequest(f"not a request: {error}") from None
    if request.action not in ACTIONS:
        raise BadRequest(f"unknown action {request.action!r}; known: {', '.join(ACTIONS)}")
    if not request.id.replace("-", "").isalnum():
        raise BadRequest("id must be letters, digits and dashes")
    return request


def answer(folder: Path, request: Request, result: dict[str, Any]) -> None:
    """Write the answer to `request`."""
    _put(folder / (request.id + ANSWER), result)


def _put(path: Path, content: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    os.replace(part, path)
