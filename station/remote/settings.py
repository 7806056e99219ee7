"""`[remote]` of the configuration: whose platforms may change settings, which, and for how long a change is tried."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from station.destinations import Destination
from station.settings import Problem, fill
from station.words import _

THRESHOLDS = ("above", "below", "hysteresis", "per_hour", "over", "times", "percentile", "window", "duration", "target")

PACE = (
    *("host", "port", "every", "patience", "order", "backlog_rate", "batch", "in_flight", "keepalive", "monthly_mb"),
    *("real_time", "minutes", "hours", "days", "noise_minutes", "over_time", "re_count", "heartbeat", "metrics", "alarms"),
)

DEFAULT = (
    "station.interval",
    "instrument.*.interval",
    *(f"destination.*.{key}" for key in PACE),
    *(f"alarm.*.{key}" for key in THRESHOLDS),
)
"""What may be changed unless `may` says otherwise: how often, where to, and what counts as an alarm."""

NEVER = frozenset(
    [
        *("id", "name", "mn", "st", "client_id", "username", "topic", "serial"),  # who this is
        *("password_file", "key_file", "ca", "certificate", "key", "tls"),  # how that is proven
        *("confirm", "link", "edition", "surface_water", "ciphertext"),  # what counts as delivered, and in which tongue
        *("time_from", "time_url", "set_clock", "clock"),  # whose time is believed
        *("interface", "snapshot", "output", "output_port", "power", "power_port", "map", "table"),  # what else is touched
    ]
)
"""Keys that no set of changes reaches, whatever `may` says; nor anything in `[remote]`, `[[bus]]` and `[site]`."""

CLOSED = ("remote", "bus", "site")


@dataclass(frozen=True, slots=True)
class Remote:
    """`[remote]`."""

    platforms: tuple[str, ...] = field(
        default=(), metadata={"help": "MQTT destinations whose signed commands may change settings; none if absent"}
    )
    key_file: str = field(
        default="", metadata={"help": "file with the key of their signatures: a path, or a name in /etc/shanshui/secrets"}
    )
    may: tuple[str, ...] = field(
        default=DEFAULT,
        metadata={"help": "what may be changed, as destination.*.host; intervals, destinations, bounds if absent"},
    )
    hosts: tuple[str, ...] = field(
        default=(), metadata={"help": "addresses to which a destination may be moved, as *.example.cn; any if absent"}
    )
    confirm_within: float = field(
        default=10.0, metadata={"help": "time in which contact must come, unless a set says another", "unit": "min", "low": 0.01}
    )
    longest: float = field(
        default=60.0, metadata={"help": "longest such time that a set may ask for", "unit": "min", "low": 0.01}
    )

    def forbids(self, path: Sequence[str], value: object) -> str:
        """Why this path may not get this value, or nothing."""
        if path[0] in CLOSED or path[-1] in NEVER:
            return _("this can never be changed from afar")
        if not any(fits(path, one.split(".")) for one in self.may):
            return _("[remote] may does not allow this")
        if (
            path[-1] == "host"
            and self.hosts
            and value is not None
            and not any(fnmatchcase(str(value), one) for one in self.hosts)
        ):
            return _("{host} is none of [remote] hosts").format(host=value)
        return ""


def fits(path: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether each part of the path is the pattern's, in which * stands for anything."""
    return len(path) == len(pattern) and all(fnmatchcase(part, one) for part, one in zip(path, pattern, strict=True))


def read_remote(table: object, destinations: Sequence[Destination], problems: list[Problem]) -> Remote:
    """`[remote]`, or its defaults; what is wrong goes into `problems`."""
    if table is None:
        return Remote()
    if not isinstance(table, dict):
        problems.append(Problem(("remote",), _("write [remote] as a section")))
        return Remote()
    remote = fill(Remote, table, ("remote",), problems)
    if remote is None:
        return Remote()
    links = {one.name: one.link for one in destinations}
    for name in remote.platforms:
        if name not in links:
            text = _("there is no destination {name!r}").format(name=name)
        elif links[name] != "mqtt":
            text = _("{name} cannot sign commands: only MQTT can; what HJ 212 sets is tried on its own").format(name=name)
        else:
            continue
        problems.append(Problem(("remote", "platforms"), text))
    if remote.platforms and not remote.key_file:
        problems.append(Problem(("remote",), _("key_file is missing: without a key every broker could change settings")))
    return remote
