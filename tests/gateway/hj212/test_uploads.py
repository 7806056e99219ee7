"""From stored and live values to data groups. Expected numbers are computed by hand."""

import pytest

from gateway.link.hj212.message import area
from gateway.link.hj212.uploads import BadFactor, interval_groups, live_groups, roster, systems
from gateway.link.settings import Hj212Factor, Hj212Settings
from gateway.record import ChannelRow


def settings(*factors, **other):
    return Hj212Settings(host="h", port=1, mn="M", factor=factors, **other)


def row(quantity, value=35.04, low=30.0, high=40.0, flag=1, reason="", instrument="pm", unit="µg/m³", count=60):
    return ChannelRow(instrument, quantity, unit, value, low, high, value, count, 60, flag, reason, "")


def told(rows, chosen, seconds=60):
    groups = interval_groups(rows, roster(chosen), chosen, seconds)
    return {st: area(content) for st, content in groups.items()}


def test_every_known_factor_by_default():
    rows = [
        row("pm25"),
        row("pressure", 1013.24, 1013.0, 1013.5, unit="hPa"),
        row("ph", 7.123, 7.0, 7.5, unit="1"),
        row("voc_index"),
    ]
    assert told(rows, settings()) == {
        "22": "a34004-Min=30.0,a34004-Avg=35.0,a34004-Max=40.0,a34004-Flag=N;"
        "a01006-Min=101.300,a01006-Avg=101.324,a01006-Max=101.350,a01006-Flag=N",
        "21": "w01001-Min=7.00,w01001-Avg=7.12,w01001-Max=7.50,w01001-Flag=N",
    }


def test_the_platforms_agreement_goes_before_the_table():
    chosen = settings(
        Hj212Factor("a34004", "outdoor.pm25", unit="mg/m³", decimals=4),
        Hj212Factor("a01003", "rain", unit="mm", decimals=1),
        st="39",
    )
    rows = [
        row("pm25", instrument="indoor"),
        row("pm25", 50.0, 40.0, 60.0, instrument="outdoor"),
        row("rain", 0.2, 0.0, 0.2, unit="mm"),
    ]
    assert told(rows, chosen) == {
        "39": "a34004-Min=0.0400,a34004-Avg=0.0500,a34004-Max=0.0600,a34004-Flag=N;"
        "a01003-Min=0.0,a01003-Avg=0.2,a01003-Max=0.2,a01003-Flag=N"
    }
    assert systems(roster(chosen)) == ("39",)


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (Hj212Factor("a34004", "pm.pm2.5"), "no quantity '5'"),
        (Hj212Factor("a34004", "pm.pm25", unit="kPa"), "cannot be told in kPa"),
        (Hj212Factor("a99054", "tvoc", unit="mg/m³"), "cannot be told in mg/m³"),
    ],
)
def test_a_factor_that_cannot_be_sent_is_refused(factor, said):
    with pytest.raises(BadFactor, match=said):
        roster(settings(factor))


def test_a_missing_value_is_a_mark_or_nothing():
    lost = row("pm25", None, None, None, 9, "timeout", count=0)
    assert told([lost], settings()) == {"22": "a34004-Flag=B"}
    assert told([lost], settings(edition=2025)) == {"22": "a34004-Flag=D"}
    assert told([lost], settings(missing="leave_out")) == {}
    assert told([row("pm25", flag=3, reason="maintenance")], settings())["22"].endswith("a34004-Flag=M")


def test_noise_is_data_without_minimum_and_mean():
    rows = [
        row("laeq", 55.23, 50.0, 61.0, unit="dB", instrument="n"), row("lafmax", 60.0, 58.0, 71.26, unit="dB", instrument="n"),
        row("lafmin", 45.0, 40.14, 47.0, unit="dB", instrument="n"), row("la10", 57.0, 57.0, 57.0, unit="dB", instrument="n"),
    ]  # fmt: skip
    assert told(rows, settings()) == {"23": "Leq-Data=55.2;L10-Data=57.0;LMx-Data=71.3;LMn-Data=40.1"}
    assert told(rows[:1], settings(noise_marks=True)) == {"23": "Leq-Data=55.2,Leq-Flag=N"}


def test_a_dust_station_sends_its_level_like_the_rest():
    chosen = settings(Hj212Factor("LA", "laeq"), st="39")
    assert told([row("laeq", 55.0, 50.0, 60.0, unit="dB")], chosen) == {"39": "LA-Min=50.0,LA-Avg=55.0,LA-Max=60.0,LA-Flag=N"}


def test_flow_has_a_total():
    """0.5 m³/s for 60 s are 500 L/s and 30 m³."""
    text = told([row("flow", 0.5, 0.4, 0.6, unit="m³/s")], settings())["21"]
    assert text == "w00000-Cou=30.00,w00000-Min=400.00,w00000-Avg=500.00,w00000-Max=600.00,w00000-Flag=N"


def test_a_direction_has_no_extremes():
    assert told([row("wind_direction", 359.6, 1.0, 359.0, unit="°")], settings()) == {"22": "a01008-Avg=360,a01008-Flag=N"}


def test_live_values():
    channels = [
        ["pm", "pm25", 35.0, 35.0, 1, "", 5.0], ["n", "laeq", 50.12, 50.12, 1, "", 5.0],
        ["x", "temperature", None, None, 9, "timeout", 5.0], ["x", "humidity", 99.0, 99.0, 4, "range", 5.0],
    ]  # fmt: skip
    groups = live_groups(channels, roster(settings()), settings())
    assert {st: area(content) for st, content in groups.items()} == {
        "22": "a34004-Rtd=35.0,a34004-Flag=N;a01001-Flag=B;a01002-Rtd=99.0,a01002-Flag=T",
        "23": "LA-Rtd=50.1",
    }
