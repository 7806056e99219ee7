"""What the platform wants done to an instrument: sample now (3012), clean (3013). Acquisition does it, on a request file.

Calibration, comparison samples, bottles and sampling periods (3011, 3014 to 3018, 3021, 3022, 3024) are refused with QnRtn 2: the
instruments of this station have no such thing that could be commanded.
"""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gateway.link.hj212.message import Message
from gateway.link.hj212.session import CONDITIONS, DONE, FAILED, FAULT, TIMEOUT, Asked, Session
from gateway.link.hj212.uploads import Sent, instrument_of
from gateway.record import compact

ACTIONS: Mapping[str, str] = MappingProxyType({"3012": "read", "3013": "clean"})
"""Command → action of a request file."""

RESULTS: Mapping[str, int] = MappingProxyType({"timeout": TIMEOUT, "device_fault": FAULT, "port": FAULT})
"""Reason why a reading failed → ExeRtn."""


class Errands:
    """The errands of one connection. `commands` are texts for acquisition, `live` reads the newest readings."""

    def __init__(self, session: Session, sent: Sequence[Sent], live: Callable[[], Mapping[str, Any] | None]) -> None:
        self._session = session
        self._sent = sent
        self._live = live
        self._open: dict[str, Asked] = {}
        self.commands: list[str] = []

    def lacks(self, message: Message) -> bool:
        """True if a request is for something that no instrument here can do."""
        return message.command in ACTIONS and not self._instrument(message.command, message.parameters)

    def begin(self, asked: Asked) -> None:
        """Hand it to acquisition."""
        number = uuid.uuid4().hex
        self._open[number] = asked
        arguments = {"instrument": self._instrument(asked.command, asked.parameters)}
        self.commands.append(compact({"id": number, "action": ACTIONS[asked.command], "arguments": arguments}))

    def answered(self, text: str) -> bool:
        """Acquisition's answer; True if it was done. An analyser shows its last result, which is no new sample."""
        found = json.loads(text)
        asked = self._open.pop(str(found.get("id")), None)
        if asked is None:
            return False
        done = bool(found.get("ok"))
        if done and found.get("taken"):
            done, result = False, CONDITIONS
        else:
            result = DONE if done else RESULTS.get(str(found.get("reason")), FAILED)
        self._session.finish(asked, result)
        return done

    def _instrument(self, command: str, parameters: Mapping[str, str]) -> str:
        """The instrument that is meant, "" if there is none that can do it."""
        live = self._live() or {}
        name = instrument_of(parameters.get("PolId", ""), live.get("channels", ()), self._sent)
        return name if command == "3012" or name in live.get("cleanable", ()) else ""
