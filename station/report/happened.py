"""What the events and alarms of a month tell: alarms, works on the station, calibrations, samples, who asked for what.

Pure: records go in. They may begin before the month, as an alarm or a work does that reaches into it, and go on behind it, for
a laboratory's value comes weeks later.
"""

import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.record import Record
from station.summary.aggregate import ZONE

Facts = dict[str, Any]

WORKS = frozenset({"maintenance", "emergency"})
"""Requests that begin and end something."""

ELSEWHERE = frozenset({"gaps", "site"})
"""Events whose content the report has from elsewhere."""

CALIBRATION = frozenset({"certified", "calibrated", "identified", "replaced"})


def told(moment: int) -> str:
    """Local time of UTC ms as 2026-11-24T09:30:00+08:00."""
    return datetime.datetime.fromtimestamp(moment / 1000, ZONE).isoformat(timespec="seconds")


@dataclass(slots=True)
class Happened:
    """`metrics`: (name, local date) → the body that was told. `chain`: the hourly digests. The rest in the order of time."""

    begin: int
    end: int
    alarms: list[Facts] = field(default_factory=list)
    works: list[Facts] = field(default_factory=list)
    calibrations: list[Facts] = field(default_factory=list)
    samples: list[Facts] = field(default_factory=list)
    asked: list[Facts] = field(default_factory=list)
    others: list[Facts] = field(default_factory=list)
    metrics: dict[tuple[str, str], Facts] = field(default_factory=dict)
    chain: Facts = field(default_factory=lambda: {"hours": 0, "last": None})

    def within(self, moment: int) -> bool:
        """True of a UTC ms of the month."""
        return self.begin <= moment < self.end


def happened(records: Iterable[Record], begin: int, end: int) -> Happened:
    """What of `records` belongs to the time from `begin` to `end` (UTC ms)."""
    found = Happened(begin, end)
    open_alarms: dict[str, Facts] = {}
    open_works: dict[tuple[str, str | None], Facts] = {}
    for record in records:
        body, moment = json.loads(record.body), record.start or 0
        code = body.get("code", "")
        if record.kind == "alarm":
            _alarm(found, open_alarms, body, moment)
        elif code == "requested" and body["action"] in WORKS:
            _work(found, open_works, body, moment)
        else:
            _event(found, code, body, moment)
    for one in (*found.alarms, *found.works):
        one["open"] = one["to"] is None
    found.samples.sort(key=lambda one: str(one["taken"]))
    return found


def _begun(into: list[Facts], found: Happened, one: Facts, moment: int) -> None:
    if moment < found.end:
        into.append({"from": told(moment), "to": None, **one})


def _ended(into: list[Facts], found: Happened, one: Facts | None, head: Facts, moment: int) -> None:
    """Note the end; what ended before the month is forgotten, of what began before everything known it has no begin."""
    if one is None:
        if found.within(moment):
            into.append({"from": None, "to": told(moment), **head})
    elif moment < found.begin:
        into.remove(one)
    else:
        one |= {"to": told(moment), **head}


def _alarm(found: Happened, known: dict[str, Facts], body: Facts, moment: int) -> None:
    name, code = str(body.get("alarm", "")), body.get("code")
    if code == "raised":
        known.pop(name, None)
        facts = {"alarm": name, "kind": body.get("kind"), **_some(body, "channel", "value", "bound", "drill"), "worst": None}
        _begun(found.alarms, found, facts, moment)
        if moment < found.end:
            known[name] = found.alarms[-1]
    elif code == "cleared":
        one = known.pop(name, None)
        facts = {"worst": body.get("worst")} if one else {"alarm": name, **_some(body, "kind", "channel", "bound", "worst")}
        _ended(found.alarms, found, one, facts, moment)


def _some(body: Mapping[str, Any], *keys: str) -> Facts:
    return {key: body[key] for key in keys if key in body}


def _work(found: Happened, known: dict[tuple[str, str | None], Facts], body: Facts, moment: int) -> None:
    asked, result = body.get("arguments", {}), str(body.get("result", ""))
    key = (str(body["action"]), asked.get("instrument"))
    who = {"by": asked.get("by") or body.get("who", ""), "note": asked.get("note", "")}
    head = {"work": key[0], "instrument": key[1]} | ({"drill": True} if asked.get("drill") else {})
    if result.startswith("on") and key not in known:
        _begun(found.works, found, {**head, **who}, moment)
        if moment < found.end:
            known[key] = found.works[-1]
    elif result.startswith("off"):
        one = known.pop(key, None)
        _ended(found.works, found, one, {} if one else {**head, "by": "", "note": ""}, moment)


def _event(found: Happened, code: str, body: Facts, moment: int) -> None:
    facts = {key: value for key, value in body.items() if key != "code"}
    if code == "sample":
        taken = datetime.datetime.fromisoformat(str(facts["taken"])).replace(tzinfo=ZONE)
        if found.within(round(taken.timestamp() * 1000)):
            found.samples.append({**facts, "entered": told(moment)})
    elif code == "metric":
        if facts["span"] == "day":
            found.metrics[facts["metric"], facts["local"][:10]] = body
    elif not found.within(moment) or code in ELSEWHERE:
        return
    elif code == "chain":
        found.chain = {"hours": found.chain["hours"] + 1, "last": facts["digest"]}
    elif code == "requested":
        found.asked.append({"time": told(moment), **facts})
    else:
        into = found.calibrations if code in CALIBRATION else found.others
        into.append({"time": told(moment), "event": code, "facts": facts})
