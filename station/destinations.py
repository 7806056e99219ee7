"""`[[destination]]` of the configuration: the platforms, and whether they can get what they are to get."""

from dataclasses import dataclass
from typing import Any

from drivers.quantity import quantities
from gateway.link.hj212.factors import converts, factors
from gateway.link.settings import LINKS
from station.settings import Problem, fill, named_tables, suggestion
from station.toml_lines import Path
from station.words import _


@dataclass(frozen=True, slots=True)
class Destination:
    """`[[destination]]`: one platform; `settings` is what its link declares."""

    name: str
    link: str
    settings: Any


def read_destinations(tables: dict[str, Any], problems: list[Problem]) -> list[Destination]:
    """Every `[[destination]]`; what is wrong goes into `problems`."""
    found: list[Destination] = []
    for index, table in enumerate(named_tables(tables, "destination", problems)):
        path: Path = ("destination", index)
        name, link = table.get("name"), table.get("link", "mqtt")
        if not isinstance(name, str) or not name.replace("-", "").replace("_", "").isalnum():
            problems.append(Problem(path, _("name is missing: a short name of letters, digits, - and _")))
        if link not in LINKS:
            text = _("there is no link {name!r}.").format(name=link) + suggestion(str(link), LINKS)
            problems.append(Problem((*path, "link"), text + _(" Known: {words}.").format(words=", ".join(LINKS))))
            continue
        rest = {key: value for key, value in table.items() if key not in ("name", "link")}
        settings = fill(LINKS[link].settings, rest, path, problems)
        if settings is not None:
            found.append(Destination(str(name), str(link), settings))
    return found


def check_factors(destinations: list[Destination], channels: list[tuple[str, str]], problems: list[Problem]) -> None:
    """What a platform is to get must be measured here, in a unit that can be told in the platform's."""
    known = [*(f"{name}.{key}" for name, key in channels), *dict.fromkeys(key for _name, key in channels)]
    wide = [*known, *dict.fromkeys(f"{name}.*" for name, _key in channels)]
    for index, destination in enumerate(destinations):
        for chosen in getattr(destination.settings, "channels", ()):
            if chosen not in wide:
                text = _("nothing here measures {channel!r}.").format(channel=chosen) + suggestion(chosen, wide)
                problems.append(Problem(("destination", index, "channels"), text))
        for number, factor in enumerate(getattr(destination.settings, "factor", ())):
            path: Path = ("destination", index, "factor", number)
            if factor.channel not in known:
                text = _("nothing here measures {channel!r}.").format(channel=factor.channel)
                problems.append(Problem((*path, "channel"), text + suggestion(factor.channel, known)))
                continue
            unit = quantities()[factor.channel.rpartition(".")[2]].unit
            listed = factors().get(factor.code)
            wanted = factor.unit or (listed.unit if listed else unit)
            if not converts(unit, wanted, listed.molar if listed else 0.0):
                text = _("{channel} is in {unit}, which cannot be told in {wanted}")
                text = text.format(channel=factor.channel, unit=unit, wanted=wanted)
                problems.append(Problem((*path, "unit"), text))
