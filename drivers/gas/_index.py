"""The one door to the VOC index algorithm (PyPI ph4-gas, a pure Python port of Sensirion's).

It must be fed at a strict interval; it answers 0 during its first 45 s or so, then an index from 1 to 500, where 100 is
the typical air of the last day.
"""

from collections.abc import Callable


def voc_index(interval: float) -> Callable[[int], int]:
    """A function from raw signal to index, with a memory; to be called every `interval` s."""
    from ph4gas.sensirion import VocGasIndexAlgorithm

    algorithm = VocGasIndexAlgorithm(sampling_interval=interval)
    process: Callable[[int], int] = algorithm.process
    return process
