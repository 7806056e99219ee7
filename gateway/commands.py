"""What a platform asks of acquisition, and what acquisition is to write down: request files and their answers."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway import requests
from gateway.link.link import Down, Link
from gateway.link.secret import secret
from gateway.signed import opened

PATIENCE = 30.0
"""s for acquisition to answer."""

log = logging.getLogger(__name__)


class Commands:
    """The commands of one destination that wait for an answer."""

    def __init__(
        self, folder: Path, destination: str, monotonic: Callable[[], float], station: str = "", key_file: str = ""
    ) -> None:
        """`key_file`: of the signatures of this platform's changes of settings; without it there are none."""
        self._folder = folder
        self._station = station
        self._key_file = key_file
        self._who = f"platform:{destination}"
        self._monotonic = monotonic
        self._pending: list[tuple[requests.Request, float]] = []

    def take(self, text: str, link: Link) -> None:
        """Hand a command to acquisition as a request file; refuse what is none."""
        try:
            asked = requests.parse(text, who=self._who)
            if asked.action == "settings":
                asked = self._opened(asked)
            elif asked.action in requests.INTERNAL:
                raise requests.BadRequest(f"unknown action {asked.action!r}")
            requests.put(self._folder, asked)
        except (requests.BadRequest, OSError) as error:
            log.warning("command of %s: %s", self._who, error)
            link.reply(requests.refusal(text, str(error)))
        else:
            self._pending.append((asked, self._monotonic() + PATIENCE))

    def _opened(self, asked: requests.Request) -> requests.Request:
        """A change of settings, if it is signed. Raises BadRequest."""
        if not self._key_file:
            raise requests.BadRequest("this platform may not change settings: [remote] platforms does not name it")
        try:
            key = secret(self._key_file)
        except Down as down:
            raise requests.BadRequest(str(down)) from None
        return replace(asked, arguments=opened(asked.arguments, self._station, key))

    @property
    def waiting(self) -> int:
        """Commands without an answer yet."""
        return len(self._pending)

    def answer(self, link: Link) -> None:
        """Pass on what acquisition has answered."""
        for pair in list(self._pending):
            asked, until = pair
            found = requests.take_answer(self._folder, asked)
            if found is None and self._monotonic() >= until:
                requests.withdraw(self._folder, asked)
                found = {"ok": False, "error": "acquisition does not answer"}
            if found is not None:
                self._pending.remove(pair)
                link.reply(requests.reply(asked, found))

    def note(self, what: str, facts: Mapping[str, Any]) -> None:
        """Let acquisition, which owns the log, store an event."""
        log.warning("%s: %s %s", self._who, what, dict(facts))
        try:
            requests.put(self._folder, requests.make("note", self._who, {"what": what, **facts}))
        except OSError as error:
            log.error("this cannot be put into the record log: %s", error)
