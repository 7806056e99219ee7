"""Device information that the platform asks for (3020): states of logger and instruments, events of the log.

HJ 212-2017 annex B: i12001 instrument state (0 run, 1 maintenance, 2 fault), i12002 its link (0 good, 1 bad), i22001 logger
state (0 run, 3 maintenance), i22003 link to the host, i33101 and i33103 the cabinet's temperature and supply, i21001 logger log,
i11001 instrument log. A log is text between // and //, at most 890 bytes. Parameters of an instrument (i13…) are told as the
configuration states them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from drivers.quantity import quantities
from gateway.link.hj212.archive import Archive
from gateway.link.hj212.factors import number
from gateway.link.hj212.message import Fields
from gateway.link.hj212.outbox import stamp
from gateway.link.hj212.reports import log_line
from gateway.link.hj212.uploads import Sent, instrument_of

CABINET: Mapping[str, str] = MappingProxyType({"i33101": "enclosure_temperature", "i33103": "battery_voltage"})
"""InfoId of the station → quantity, in our units (°C, V), as the annex wants them."""

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
    if wanted == ("i11001" if code else "i21001"):
        name = instrument_of(code, (live or {}).get("channels", ()), sent)
        found = [one for one in archive.events(begin, end + 1) if not code or (name and json.dumps(name) in one.body)]
        for record in found[-MOST:]:
            first, (text,) = log_line(record)
            yield [first, *([(("PolId", code),)] if code else []), ((f"{wanted}-Info", text[1]),)]
        return
    state = _state(code, live, sent).get(wanted)
    if state is not None:
        head: list[Fields] = [(("DataTime", stamp(now)),), *([(("PolId", code),)] if code else [])]
        yield [*head, ((f"{wanted}-Info", state),)]


def _state(code: str, live: Mapping[str, Any] | None, sent: Sequence[Sent]) -> dict[str, str]:
    """InfoId → value of the logger, or of the instrument that measures the factor `code`."""
    told = dict(text.split("=") for one in sent if code and one.code == code for text in one.information)
    if live is None:
        return told if code else {"i22003": "0"}
    maintenance, channels = bool(live.get("maintenance")), live.get("channels", ())
    if not code:
        own = {
            info: number(channel[2], quantities()[quantity].decimals)
            for info, quantity in CABINET.items()
            for channel in channels
            if channel[1] == quantity and channel[2] is not None
        }
        return own | {"i22001": "3" if maintenance else "0", "i22003": "0"}
    name = instrument_of(code, channels, sent)
    if not name:
        return told
    bad = name in live.get("faults", {})
    worked_on = maintenance or name in live.get("maintained", ())
    return told | {"i12001": "1" if worked_on else "2" if bad else "0", "i12002": "1" if bad else "0"}
