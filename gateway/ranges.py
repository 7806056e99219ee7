"""Sets of sequence numbers, kept as sorted ranges: memory grows with the holes, not with the numbers."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class Ranges:
    """A set of whole numbers."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self.total = 0
        for first, last in ranges:
            self.add(first, last)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(list(zip(self._firsts, self._lasts, strict=True)))

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._firsts, number) - 1
        return at >= 0 and number <= self._lasts[at]

    def __len__(self) -> int:
        """How many ranges; `total` is how many numbers."""
        return len(self._firsts)

    def newest(self) -> Iterator[tuple[int, int]]:
        """The ranges from the highest down, while nothing is changed."""
        return zip(reversed(self._firsts), reversed(self._lasts), strict=True)

    def add(self, first: int, last: int) -> None:
        """Put the numbers from `first` to `last` in."""
        if first > last:
            return
        low = bisect_left(self._lasts, first - 1)
        high = bisect_right(self._firsts, last + 1)
        if low < high:
            first = min(first, self._firsts[low])
            last = max(last, self._lasts[high - 1])
        self._replace(low, high, [(first, last)])

    def remove(self, first: int, last: int) -> int:
        """Take the numbers from `first` to `last` out; how many of them were in."""
        if first > last or not self._firsts:
            return 0
        low = bisect_left(self._lasts, first)
        high = bisect_right(self._firsts, last)
        before = self.total
        kept = []
        if low < high:
            if self._firsts[low] < first:
                kept.append((self._firsts[low], first - 1))
            if self._lasts[high - 1] > last:
                kept.append((last + 1, self._lasts[high - 1]))
            self._replace(low, high, kept)
        return before - self.total

    def _replace(self, low: int, high: int, ranges: list[tuple[int, int]]) -> None:
        for at in range(low, high):
            self.total -= self._lasts[at] - self._firsts[at] + 1
        for first, last in ranges:
            self.total += last - first + 1
        self._firsts[low:high] = [first for first, _last in ranges]
        self._lasts[low:high] = [last for _first, last in ranges]
