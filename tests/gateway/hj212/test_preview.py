"""`station hj212 build`: the frames of the newest data, judged by the strict host's own codec."""

import pytest

from gateway.link.hj212.preview import frames
from gateway.link.link import Place
from gateway.link.settings import Hj212Settings
from gateway.log.store import RecordLog
from gateway.record import ChannelRow, Record, compact
from hw_sim.platform.hj212_wire import read
from tests.gateway.hj212.test_duties import HOUR, MIDNIGHT
from tests.gateway.hj212.test_session import MN, at

ROWS = [
    ChannelRow("pm", "pm25", "µg/m³", 35.0, 30.0, 40.0, 35.0, 60, 60, 1, "", ""),
    ChannelRow("n", "laeq", "dB", 55.0, 50.0, 60.0, 55.0, 60, 60, 1, "", ""),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("preview")
    log = RecordLog.open(folder / "records.db", 1)
    for minute in range(0, 26 * 60, 4):
        log.append(Record(0, "interval", 60, MIDNIGHT + minute * 60_000, 0, "b", 0, "ntp", None, compact(ROWS)))
    log.close()
    return Place("S", 60, folder / "records.db", folder / "live.json", folder / "memory.json", folder / "tap")


@pytest.mark.parametrize("edition", [2017, 2025])
@pytest.mark.parametrize(
    ("cn", "starts", "sts"),
    [
        ("2051", "20160803015600", {"22", "23"}), ("2052", "20160803012000", {"23"}), ("2061", "20160803000000", {"22", "23"}),
        ("2031", "20160802000000", {"22", "23"}), ("2041", "20160802000000", {"22"}),
    ],
)  # fmt: skip
def test_the_frames_of_the_newest_data(place, edition, cn, starts, sts):
    settings = Hj212Settings(host="h", port=1, mn=MN, edition=edition, noise_minutes=20, equipment=("pm",))
    made = [read(frame, edition) for frame in frames(cn, place, settings, at(3 * 24 * HOUR / 1000))]
    assert [one.problems for one in made] == [[]] * len(sts)
    assert {(one.header["CN"], one.header["ST"], one.groups[0]["DataTime"]) for one in made} == {(cn, st, starts) for st in sts}


def test_nothing_is_made_up(place):
    settings = Hj212Settings(host="h", port=1, mn=MN)
    assert frames("2041", place, settings, at(0)) == [] == frames("2011", place, settings, at(0))
