"""What may be lost over a restart without harm, and is not."""

from station.memory import INDEX_AGE, Memory


def test_identities_and_results_are_known_again_indices_only_while_young(tmp_path):
    path = tmp_path / "memory.json"
    first = Memory(path, 1000.0)
    assert first.identify("ph", "Y43-1") == "" and first.identify("ph", "Y43-1") is None
    assert first.is_new("tn", "2026-11-03T08:00:05") and not first.is_new("tn", "2026-11-03T08:00:05")
    first.write({"voc": (25000.0, 50.0), "cold": ()}, 1000.0, 5.0)
    again = Memory(path, 1000.0 + INDEX_AGE - 1)
    assert again.indices == {"voc": [25000.0, 50.0]}
    assert again.identify("ph", "Y43-2") == "Y43-1" and not again.is_new("tn", "2026-11-03T08:00:05")
    assert Memory(path, 1000.0 + INDEX_AGE).indices == {} and Memory(path, 999.0).indices == {}, "old, or from the future"


def test_it_is_written_when_something_changed_and_rarely_for_indices(tmp_path):
    path = tmp_path / "memory.json"
    made = Memory(path, 0.0)
    made.write({}, 0.0, 1000.0)
    assert not path.exists(), "nothing to say"
    made.write({"voc": (1.0, 2.0)}, 0.0, 1000.0)
    before = path.stat().st_ino
    made.write({"voc": (1.0, 3.0)}, 1.0, 1001.0)
    assert path.stat().st_ino == before
    made.write({"voc": (1.0, 3.0)}, 1.0, 1001.0, last=True)
    assert path.stat().st_ino != before


def test_a_damaged_file_is_a_new_beginning(tmp_path):
    path = tmp_path / "memory.json"
    for text in ("", "{", "[]", '{"utc": "x"}', '{"identities": 3, "taken": {}, "indices": {}, "utc": 0}'):
        path.write_text(text)
        assert Memory(path, 0.0).identities == {}
