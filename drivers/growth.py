"""Sums that a device keeps (a rain gauge's, since it was last cleared) as what came since the last reading."""

from collections.abc import Sequence
from dataclasses import replace

from drivers.sample import Sample


def total_of(quantity: str) -> str:
    """The status word under which the device's own sum is told."""
    return f"{quantity}_total"


class Growth:
    """A `Step`: the growth of each sum; the first reading only begins to count.

    A sum that fell was cleared, or the device was without power: then it holds what came since.
    """

    def __init__(self, quantities: tuple[str, ...], _interval: float, memory: Sequence[float]) -> None:
        self._quantities = quantities
        self._before: dict[str, float] = dict(zip(quantities, memory, strict=False))

    def __call__(self, found: Sample) -> Sample:
        """The sample with the growth in the place of "not_started"."""
        values, fields = dict(found.values), dict(found.fields)
        for key in self._quantities:
            total = found.status.get(total_of(key))
            if not isinstance(total, int | float):
                continue
            before, self._before[key] = self._before.get(key), total
            if before is not None:
                del fields[key]
                values[key] = round(total - before, 6) if total >= before else total
        return replace(found, values=values, fields=fields, reason="" if values else found.reason)

    def memory(self) -> tuple[float, ...]:
        """The last sums; nothing if one of them is not known."""
        known = tuple(self._before[key] for key in self._quantities if key in self._before)
        return known if len(known) == len(self._quantities) else ()
