"""Device information that the platform asks for (3020): states of logger and instruments, events of the log.

HJ 212-2017 annex B: i12001 instrument state (0 run, 1 maintenance, 2 fault), i12002 its link (0 good, 1 bad), i22001 logger
state (0 run, 3 maintenance), i22003 link to the host, i21001 logger log. A log is text between // and //, at most 890 bytes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.link.hj212.archive import Archive
from gateway.link.hj212.message import Fields
from gateway.link.hj212.outbox import stamp
from gateway.link.hj212.uploads import Sent

LONGEST = 880
"""Bytes of a log's text."""

MOST = 200
"""Events told at one request, the newest."""


def information(
    parameters: Mapping[str, str],
    live: Mapping[str, Any] | None,
    archive: Archive,
    sent: Sequence[Sent],
    times: tuple[int, int, int],
) -> Iterator[list[Fields]]:
    """The messages that answer a request with these parameters; none if the thing is not known here.

    `times` is the range that is asked for, both ends included, and now, all in UTC ms.
    """
    begin, end, now = times
    code, wanted = parameters.get("PolId", ""), parameters.get("InfoId", "")
    if wanted == "i21001" and not code:
        for record in list(archive.events(begin, end + 1))[-MOST:]:
            text = _safe(record.body)
            yield [(("DataTime", stamp(record.start or 0)),), (("i21001-Info", f"//{text}//"),)]
        return
    state = _state(code, live, sent).get(wanted)
    if state is not None:
        head: list[Fields] = [(("DataTime", stamp(now)),), *([(("PolId", code),)] if code else [])]
        yield [*head, ((f"{wanted}-Info", state),)]


def _state(code: str, live: Mapping[str, Any] | None, sent: Sequence[Sent]) -> dict[str, str]:
    """InfoId → value of the logger, or of the instrument that measures the factor `code`."""
    if live is None:
        return {} if code else {"i22003": "0"}
    maintenance = bool(live.get("maintenance"))
    if not code:
        return {"i22001": "3" if maintenance else "0", "i22003": "0"}
    for one in sent:
        for channel in live.get("channels", ()):
            if one.code == code and channel[1] == one.quantity and one.instrument in ("", channel[0]):
                bad = channel[0] in live.get("faults", {})
                worked_on = maintenance or channel[0] in live.get("maintained", ())
                return {"i12001": "1" if worked_on else "2" if bad else "0", "i12002": "1" if bad else "0"}
    return {}


def _safe(body: str) -> str:
    """An event in one line without the marks of the protocol."""
    facts = json.loads(body)
    text = " ".join(f"{key}: {value}" for key, value in facts.items() if value not in ("", None))
    for mark in ("//", "&&", "##", "\r", "\n"):
        text = text.replace(mark, " ")
    return text.encode()[:LONGEST].decode("utf-8", "ignore").rstrip("/")
