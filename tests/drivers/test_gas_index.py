"""The gas index against the maker's own compiled algorithm: at most 1 apart, also after a restart."""

import tomllib
from pathlib import Path

import pytest

from drivers.gas._index import NoxIndex, VocIndex

VECTORS = tomllib.loads(Path(__file__).with_name("gas_index.toml").read_text("utf-8"))


def raw(second, base, swing):
    """A triangle of an hour and a half, an event of ten minutes in every two hours, a noise of sixteen steps."""
    slow = abs(second % 5400 - 2700) * swing // 2700
    event = swing * 2 if second % 7200 > 6600 else 0
    return base - slow - event + second * 7919 % 16 * 3


@pytest.mark.parametrize(("gas", "index"), [("voc", VocIndex), ("nox", NoxIndex)])
def test_the_index_is_the_makers(gas, index):
    made = index(1.0)
    found = [made.process(raw(second, **VECTORS[gas])) for second in range(VECTORS["seconds"])]
    assert found[VECTORS["first"] :: VECTORS["step"]] == pytest.approx(VECTORS[f"{gas}_index"], abs=1)
    assert max(VECTORS[f"{gas}_index"]) > 100, "something happened"


def test_states_are_the_makers_and_go_on_as_the_makers():
    made = VocIndex(1.0)
    for second in range(VECTORS["seconds"]):
        made.process(raw(second, **VECTORS["voc"]))
    assert made.memory()[:2] == pytest.approx(VECTORS["states"], abs=1)
    seconds = range(VECTORS["seconds"], VECTORS["seconds"] + 1200)
    again = VocIndex(1.0, (*VECTORS["states"], made.memory()[2]))
    found = [again.process(raw(second, **VECTORS["voc"])) for second in seconds]
    assert found[VECTORS["first"] :: VECTORS["restored_step"]] == pytest.approx(VECTORS["restored"], abs=1)


@pytest.mark.parametrize(("hours", "learnt"), [(2, 7150), (4, 3 * 3600)])
def test_the_voc_index_goes_on_after_a_restart_where_it_was(hours, learnt):
    """The maker restores what was learnt for three hours as if for just three; less is restored with its own time."""
    index = VocIndex(10.0)
    for n in range(int(hours * 360)):
        index.process(30000 + 40 * (n % 7))
    memory = index.memory()
    assert memory[0] == pytest.approx(10120, abs=30), "ticks above the algorithm's least, 20000"
    assert memory[2] == pytest.approx(learnt, abs=20)
    again = VocIndex(10.0, memory)
    assert again.memory() == memory
    going_on, restarted, fresh = ([one.process(29600) for _ in range(60)][-1] for one in (index, again, VocIndex(10.0)))
    assert restarted == pytest.approx(going_on, abs=30) and fresh < 120 < restarted, "dirtier air than what was learnt"
