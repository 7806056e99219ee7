"""The station's card: what stands on it, and the coordinates that maps in China want."""

import pytest

from station.settings import Problem
from station.site import gcj02, read_site, wgs84


def card(table):
    problems: list[Problem] = []
    site = read_site(table, problems)
    return site.card("古北口村站") if site and not problems else [problem.text for problem in problems]


def test_gcj02_as_the_published_transformation_has_it():
    """The example of the public module coordtransform: Baidu, GCJ-02 and WGS-84 of one place in Beijing."""
    assert gcj02(116.404, 39.915) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-9)


def test_back_again_to_within_centimetres():
    assert wgs84(*gcj02(116.843, 40.377)) == pytest.approx((116.843, 40.377), abs=1e-7)


def test_abroad_nothing_is_moved():
    assert gcj02(2.3522, 48.8566) == (2.3522, 48.8566)


def test_both_datums_stand_on_the_card():
    told = card({"village": "古北口", "longitude": 116.404, "latitude": 39.915, "datum": "CGCS2000", "code": "110118"})
    assert told["wgs84"] == [116.404, 39.915] and told["gcj02"] == [116.410244, 39.916404]
    assert told["name"] == "古北口村站" and "contact" not in told
    from_map = card({"longitude": 116.410244, "latitude": 39.916404, "datum": "GCJ-02"})
    assert from_map["wgs84"] == pytest.approx([116.404, 39.915], abs=2e-6) and from_map["gcj02"] == [116.410244, 39.916404]


def test_without_coordinates_there_is_no_datum():
    assert card({"contact": "Wang Li"}) == {"name": "古北口村站", "contact": "Wang Li"}


@pytest.mark.parametrize("table", [{"longitude": 116.4}, {"datum": "BD-09"}, {"code": "1101"}, {"latitude": 100.0}, 3])
def test_what_is_no_card_is_told(table):
    assert isinstance(card(table), list) and card(table)
