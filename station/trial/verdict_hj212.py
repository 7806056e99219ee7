"""The oracle of an HJ 212 platform: is every interval there with the numbers that are stored, and every alarm and metric?"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.link.hj212.fold import fold
from gateway.link.hj212.outbox import stamp
from gateway.link.hj212.reports import reports
from gateway.link.hj212.slots import slot_of
from gateway.link.hj212.uploads import interval_groups, roster, rows
from gateway.link.settings import Hj212Settings
from gateway.record import Record

Told = Sequence[Sequence[Any]]
"""What the host has stored: MN, ST, CN, DataTime, part, data area, arrivals, resent."""


def judge_hj212(records: Sequence[Record], settings: Hj212Settings, told: Told, stats: Mapping[str, Any]) -> dict[str, Any]:
    """delivered, missing, passed (no form for it there: counted as delivered), problems that the strict host found."""
    sent = roster(settings)
    minutes: dict[tuple[str, str], set[str]] = {}
    for _mn, st, cn, at, _part, area, *_more in told:
        if cn == "2051":
            minutes.setdefault((st, at), set()).update(area.split(";"))
    notices = "\n".join(stats.get("notices", ()))
    delivered = missing = passed = 0
    slots: dict[int, list[Record]] = {}
    for record in records:
        if record.kind == "interval":
            slots.setdefault(slot_of(record.start or 0, record.period * 1000), []).append(record)
    for record in records:
        if record.kind == "interval":
            at = slot_of(record.start or 0, record.period * 1000)
            parts = [rows(one.body) for one in slots[at]]
            groups = interval_groups(parts[0] if len(parts) == 1 else fold(parts, 1), sent, settings, record.period)
            wanted = [(st, [_text(group) for group in content]) for st, content in groups.items()]
            there = all(set(content) <= minutes.get((st, stamp(at)), set()) for st, content in wanted)
        else:
            wanted = [(one.st, [_text(group) for group in one.groups[-1:]]) for one in reports(record, sent, settings)]
            there = all(text in notices for _st, content in wanted for text in content)
        passed += not wanted
        delivered += there
        missing += not there
    return {"delivered": delivered, "missing": missing, "passed": passed, "problems": list(stats.get("problems", ()))}


def _text(group: Sequence[tuple[str, str]]) -> str:
    """A group as it stands in a data area."""
    return ",".join(f"{name}={value}" for name, value in group)
