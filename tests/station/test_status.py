"""What `station status` says of a destination: its fault in words, its backlog, its month, its certificates."""

from station import words
from station.cli.status import clock_words, destination_details

WELL = {
    "connected": True, "fault": "", "detail": "", "owed": 0, "backlog": {"speed": 0.0, "left": None}, "budget": {}, "held": 0,
    "link": {"certificate_days": {"own": 200}},
}  # fmt: skip


def test_a_destination_that_is_well_needs_no_words():
    assert destination_details("district", WELL) == []


def test_the_backlog_tells_how_long_it_will_take():
    backlog = WELL | {"owed": 43_200, "backlog": {"speed": 98.5, "left": 439}}
    assert destination_details("district", backlog) == ["backlog: 98.5 records/s, done in about 7 min"]
    assert destination_details("district", backlog | {"backlog": {"speed": 0.0, "left": None}}) == []


def test_a_fault_is_told_with_its_cause_and_next_step_in_both_languages():
    down = WELL | {"connected": False, "fault": "identity", "detail": "10.0.0.1:8883: Hostname mismatch"}
    (english,) = destination_details("district", down)
    assert english.startswith("district: this broker is not the one that was asked for. Likely: ")
    assert "Next: write the name" in english and english.endswith("[10.0.0.1:8883: Hostname mismatch]")
    words.use("zh")
    assert "下一步" in destination_details("district", down)[0]


def test_the_month_and_certificates_that_end():
    one = WELL | {
        "budget": {"month": "2026-11", "used_mb": 96.2, "of_mb": 100.0, "level": "scarce"},
        "held": 812,
        "link": {"certificate_days": {"own": 12, "broker": 400}},
    }
    assert destination_details("district", one) == [
        "budget 2026-11: 96.2 of 100.0 MB used, hours and alarms only",
        "812 records wait for the next month",
        "the station's certificate ends in 12 days",
    ]


def test_who_vouches_for_the_time():
    assert clock_words({"trusted": True, "source": "platform", "error": 320}) == "trusted (platform, ± 0.3 s)"
    assert clock_words({"trusted": True, "source": "rtc", "error": None}) == "trusted (rtc)"
    assert clock_words({"trusted": False, "source": "", "error": None}).startswith("NOT TRUSTED")
