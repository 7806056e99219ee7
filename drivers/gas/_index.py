"""The one door to the gas index algorithm (PyPI ph4-gas, a pure Python port of Sensirion's).

It must be fed at a strict interval; it answers 0 during its first 45 s or so, then an index from 1 to 500: of VOC 100 is the
typical air of the last day, of NOx 1. For VOC the maker lets two states (mean and standard deviation of the raw signal) be
restored after a stop of less than ten minutes, if they were learnt for three hours; the port has no call for it, so the
variables are set as the maker's does. What was learnt for a shorter time is restored with that time, so that it goes on
learning as fast as it did. For NOx the maker allows no such thing.
"""

from collections.abc import Sequence
from typing import Any


class VocIndex:
    """From raw signals, one every `interval` s, to the index; `memory` is what an earlier run left (empty: a new start)."""

    def __init__(self, interval: float, memory: Sequence[float] = ()) -> None:
        from ph4gas.sensirion import VocGasIndexAlgorithm

        made = self._algorithm = VocGasIndexAlgorithm(sampling_interval=interval)
        if len(memory) == 3:
            made.mean, made.std, made.uptime_gamma = memory
            made.sraw_offset = 0.0
            made.mean_variance_estimator_initialized = True
            made.mox_model_set_parameters(made.mve_get_std(), made.mve_get_mean())
            made.sraw = memory[0]

    def process(self, raw: int) -> int:
        """The index, 1 to 500; 0 while there is none yet."""
        index: int = self._algorithm.process(raw)
        return index

    def memory(self) -> tuple[float, ...]:
        """Mean and standard deviation that were learnt, in raw ticks, and for how many s (three hours at most); or nothing."""
        made = self._algorithm
        if not made.mean_variance_estimator_initialized:
            return ()
        learnt = min(made.uptime_gamma, made.PERSISTENCE_UPTIME_GAMMA)
        return float(made.mve_get_mean()), float(made.mve_get_std()), float(learnt)


class NoxIndex:
    """The same for the nitrogen oxides' signal; it begins anew after every stop."""

    def __init__(self, interval: float) -> None:
        from ph4gas.sensirion import NoxGasIndexAlgorithm

        self._algorithm: Any = NoxGasIndexAlgorithm(sampling_interval=interval)

    def process(self, raw: int) -> int:
        """The index, 1 to 500; 0 while there is none yet."""
        index: int = self._algorithm.process(raw)
        return index
