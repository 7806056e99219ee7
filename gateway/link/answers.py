"""What a platform says over MQTT, as events. What is not as the contract says is passed over, never an error. Pure."""

import json

from gateway.link.link import Confirmed, Event, Refused, TimeTold

BIGGEST = 10**15


def receipt(payload: bytes) -> list[Event]:
    """Which records are stored, and which are refused."""
    try:
        content = json.loads(payload)
        ranges = [(a, b) for a, b in content.get("ranges", []) if _number(a) and _number(b) and a <= b]
        refused = [(n, str(why)) for n, why in content.get("refused", []) if _number(n)]
    except (ValueError, TypeError, AttributeError, RecursionError):
        return []
    return [*(Confirmed(a, b) for a, b in ranges), *(Refused(n, why) for n, why in refused)]


def platform_time(payload: bytes, asked: str, since: float, now: float) -> list[Event]:
    """The platform's time, if it answers what was `asked` at `since` (monotonic s): read half the way there and back ago."""
    try:
        content = json.loads(payload)
        utc, told = content["utc"], str(content["id"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    if told != asked or not _number(utc):
        return []
    half = (now - since) * 500.0
    return [TimeTold(round(utc + half), round(now * 1000), round(half) + 1, "platform")]


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < BIGGEST
