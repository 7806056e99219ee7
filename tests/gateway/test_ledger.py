"""What is owed: exact over restarts, cheap in memory, never lost but by the destination's word."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger import Ledger
from gateway.ranges import Ranges

STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 60), st.integers(-1, 12)), max_size=40)


@given(STEPS)
def test_ranges_are_a_set(steps):
    ranges, model = Ranges(), set()
    for add, first, length in steps:
        numbers = set(range(first, first + length))
        if add:
            ranges.add(first, first + length - 1)
            model |= numbers
        else:
            assert ranges.remove(first, first + length - 1) == len(model & numbers)
            model -= numbers
        assert {n for a, b in ranges for n in range(a, b + 1)} == model and ranges.total == len(model)
        assert all((n in ranges) == (n in model) for n in range(75))
        pairs = list(ranges)
        assert all(a[1] + 1 < b[0] for a, b in pairwise(pairs)), "neighbours are joined"
        assert list(ranges.newest()) == pairs[::-1]


def test_it_remembers(tmp_path):
    ledger = Ledger(tmp_path / "x.db")
    ledger.extend(1, 100)
    assert ledger.confirm(10, 20) == 11 and ledger.confirm(10, 20) == 0 and ledger.confirm(90, 200) == 11
    assert ledger.refuse(50, "schema") and not ledger.refuse(50, "schema")
    ledger.forget(1, 5)
    ledger.close()
    again = Ledger(tmp_path / "x.db")
    assert list(again.owed) == [(6, 9), (21, 49), (51, 89)]
    assert (again.head, again.confirmed, again.refused, again.lost) == (100, 22, 1, 5)
    again.close()


def test_a_lost_commit_only_means_more_is_owed(tmp_path):
    ledger = Ledger(tmp_path / "x.db")
    ledger.extend(1, 10)
    ledger.commit()
    ledger.confirm(1, 10)  # and then the power goes
    other = Ledger(tmp_path / "x.db")
    assert list(other.owed) == [(1, 10)]
    other.close()
    ledger.close()


def test_a_damaged_ledger_is_set_aside_and_everything_is_owed_again(tmp_path):
    path = tmp_path / "x.db"
    path.write_bytes(b"garbage" * 1000)
    ledger = Ledger(path)
    assert ledger.head == 0 and ledger.owed.total == 0 and path.with_suffix(".damaged.db").exists()
    ledger.close()
