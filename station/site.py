"""`[site]` of the configuration: the station's card. Where it stands, in which datum, and whom to call; pure.

WGS-84 and CGCS2000 are the same to within centimetres. GCJ-02, which maps in China must use, is WGS-84 moved by a published
approximation (error of a few metres; its inverse is found by iteration); it holds for mainland China alone.
"""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from station.settings import Problem, fill
from station.words import _

DATUMS = ("WGS-84", "CGCS2000", "GCJ-02")

AXIS, FLATNESS = 6378245.0, 0.00669342162296594323
"""m and squared eccentricity of the ellipsoid (Krasovsky 1940) on which GCJ-02 was defined."""


@dataclass(frozen=True, slots=True)
class Site:
    """The card."""

    town: str = field(default="", metadata={"help": "town or street office"})
    village: str = field(default="", metadata={"help": "village or community"})
    code: str = field(
        default="", metadata={"help": "administrative code (GB/T 2260), 6, 9 or 12 digits", "pattern": r"(\d{6}|\d{9}|\d{12})?"}
    )
    section: str = field(default="", metadata={"help": "code of the river section, the outfall or the noise zone"})
    longitude: float | None = field(default=None, metadata={"unit": "°", "low": -180, "high": 180})
    latitude: float | None = field(default=None, metadata={"unit": "°", "low": -90, "high": 90})
    datum: str = field(default="WGS-84", metadata={"help": "what the coordinates refer to", "choices": DATUMS})
    altitude: float | None = field(default=None, metadata={"help": "above sea level", "unit": "m", "low": -500, "high": 9000})
    inlet: float | None = field(
        default=None, metadata={"help": "height of inlet or microphone above ground", "unit": "m", "low": 0}
    )
    contact: str = field(default="", metadata={"help": "whom to call"})

    def card(self, name: str) -> dict[str, Any]:
        """What stands on the card of the station called `name`, with the coordinates in WGS-84 and GCJ-02; absent is absent."""
        found: dict[str, Any] = {"name": name} | {key: value for key, value in asdict(self).items() if value not in ("", None)}
        if self.longitude is not None and self.latitude is not None:
            here = (self.longitude, self.latitude)
            wgs = wgs84(*here) if self.datum == "GCJ-02" else here
            gcj = here if self.datum == "GCJ-02" else gcj02(*here)
            found |= {"wgs84": [round(one, 6) for one in wgs], "gcj02": [round(one, 6) for one in gcj]}
        else:
            del found["datum"]
        return found


def read_site(table: Any, problems: list[Problem]) -> Site | None:
    """The card, None without one; what is wrong goes into `problems`."""
    if table is None:
        return None
    if not isinstance(table, dict):
        problems.append(Problem(("site",), _("write [site]")))
        return None
    site = fill(Site, table, ("site",), problems)
    if site is not None and (site.longitude is None) != (site.latitude is None):
        problems.append(Problem(("site",), _("longitude and latitude belong together")))
    return site


def gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """(longitude, latitude) in GCJ-02 of a place in WGS-84 or CGCS2000; outside of China they are the same."""
    if not (72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271):
        return longitude, latitude
    x, y = longitude - 105.0, latitude - 35.0
    root, ripple = math.sqrt(abs(x)), _waves(x, (20.0, 6.0), (20.0, 2.0))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += _waves(y, (20.0, 1.0), (40.0, 1 / 3)) + _waves(y, (160.0, 1 / 12), (320.0, 1 / 30))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += _waves(x, (20.0, 1.0), (40.0, 1 / 3)) + _waves(x, (150.0, 1 / 12), (300.0, 1 / 30))
    radians = math.radians(latitude)
    bend = 1.0 - FLATNESS * math.sin(radians) ** 2
    north *= 180.0 / math.pi / (AXIS * (1.0 - FLATNESS) / (bend * math.sqrt(bend)))
    east *= 180.0 / math.pi / (AXIS / math.sqrt(bend) * math.cos(radians))
    return longitude + east, latitude + north


def _waves(at: float, *parts: tuple[float, float]) -> float:
    """Two thirds of a sum of sines: amplitude and half waves in a degree of each."""
    return 2.0 / 3.0 * math.fsum(size * math.sin(number * at * math.pi) for size, number in parts)


def wgs84(longitude: float, latitude: float) -> tuple[float, float]:
    """(longitude, latitude) in WGS-84 of a place in GCJ-02, found by iteration to well below a metre."""
    x, y = longitude, latitude
    for _round in range(8):
        east, north = gcj02(x, y)
        x, y = x + longitude - east, y + latitude - north
    return x, y
