"""A month of a station in a real record log, with everything planted that a month may hold, and what is true of it.

October 2026, ten-minute intervals. `truth` is what a person would have written down beside the station: for each channel the
value of each interval, None where it does not count, and nothing where nobody measured.
"""

import json
import math
import random
from datetime import date, datetime, timedelta, timezone

from gateway.log.store import RecordLog
from gateway.record import ChannelRow, Record, compact
from station.config import load, parse
from station.places import find
from station.upkeep.profile import numbered, profile, put

ZONE = timezone(timedelta(hours=8))
FIRST, DAYS, STEP = date(2026, 10, 1), 31, 600
MINUTES = STEP // 60
BEGIN = round(datetime(2026, 10, 1, tzinfo=ZONE).timestamp() * 1000)
HOUR = 3_600_000
OLD, NEW = "0123456789ab", "ba9876543210"


def at(day, hour=0.0):
    """UTC ms of a local time of October."""
    return BEGIN + round(((day - 1) * 24 + hour) * HOUR)


OFF = (at(3, 2), at(3, 8.5))  # the power failed
STOPPED = (at(18), at(19))  # somebody stopped the service
SILENT = (at(7, 10), at(7, 13))  # the first instrument did not answer
WORKED = (at(12, 9), at(12, 9 + 40 / 60))  # somebody worked on the station
UNCERTIFIED = (at(20, 5), at(20, 8))  # no certificate held
THIN = (at(25, 4), at(25, 6))  # too few readings
AGAIN = (at(22, 6), at(22, 7))  # stored once more, with other values
CHANGED = at(15)  # a new certificate from here on
RESULTS = range(0, 24, 4)  # hours of an analyser's results


def within(span, moment):
    return span[0] <= moment < span[1]


class Wave:
    """A value that goes up and down with the day and from day to day."""

    def __init__(self, seed, mean, daily, slow, noise, low=0.0, digits=3):
        self._chance = random.Random(seed)
        self._shape = (mean, daily, slow, noise, low, digits)

    def __call__(self, moment):
        mean, daily, slow, noise, low, digits = self._shape
        days = (moment - BEGIN) / 86_400_000
        value = mean + daily * math.sin(2 * math.pi * (days - 0.3)) + slow * math.sin(2 * math.pi * days / 11)
        return round(max(low, value + self._chance.gauss(0.0, noise)), digits)


def shower(moment):
    return 0.4 if within((at(6, 1), at(6, 4)), moment) else 0.0


def storm(moment):
    return 7.0 if within((at(5, 9), at(5, 16)), moment) else 2.0


WORLDS = {
    "village-air": {
        "pm.pm1": Wave(1, 30, 8, 20, 4, 1),
        "pm.pm25": Wave(2, 62, 18, 45, 6, 1),
        "pm.pm10": Wave(3, 90, 25, 60, 8, 2),
        "climate.temperature": Wave(4, 12, 6, 4, 0.3, -20, 2),
        "climate.humidity": Wave(5, 55, 15, 12, 1, 5, 2),
    },
    "noise-zone": {
        "noise.laeq": Wave(6, 50, 6, 3, 2.5, 30, 2),
        "wind.wind_speed": storm,
        "rain.rain": shower,
    },
    "reservoir-inflow": {
        "ph.ph": Wave(7, 7.6, 0.2, 0.2, 0.05),
        "ph.water_temperature": Wave(8, 14, 2, 2, 0.1),
        "oxygen.dissolved_oxygen": Wave(9, 8, 1.2, 2.6, 0.2),
        "oxygen.oxygen_saturation": Wave(10, 75, 5, 6, 1, 0, 2),
        "conductivity.conductivity": Wave(11, 420, 10, 40, 5, 0, 2),
        "turbidity.turbidity": Wave(12, 20, 3, 12, 2, 0, 2),
        "level.water_level": Wave(13, 1.4, 0.1, 0.3, 0.02),
        "flow.flow": Wave(14, 9, 2, 5, 0.3, 0.2),
        "nh3n.ammonia_nitrogen": Wave(15, 0.45, 0.05, 0.35, 0.05, 0.02, 4),
        "codmn.codmn": Wave(16, 4.2, 0.3, 2.6, 0.2, 0.5),
        "tp.total_phosphorus": Wave(17, 0.11, 0.01, 0.07, 0.01, 0.005, 4),
        "tn.total_nitrogen": lambda moment: round(2.0 + 0.06 * (moment - BEGIN) / 86_400_000 + 0.3 * math.sin(moment / 3e7), 3),
    },
}
ANALYSERS = {"nh3n", "codmn", "tp", "tn"}
FIRST_OF = {"village-air": "pm", "noise-zone": "noise", "reservoir-inflow": "ph"}


class Rig:
    """The station of a profile below `folder`, with its month; `truth`: channel → UTC ms → value or None."""

    def __init__(self, folder, name):
        self.name, self.truth = name, {channel: {} for channel in WORLDS[name]}
        source = numbered(profile(name), parse(profile(name), name))
        for key, value in {"id": "R-1", "name": "河口 1", "interval": STEP, "language": "en"}.items():
            source = put(source, ("station", key), value)
        source = source.replace("[[bus]]", '[site]\ntown = "溪翁庄镇"\nlongitude = 116.843\nlatitude = 40.377\n\n[[bus]]', 1)
        (folder / "station.toml").write_text(source, "utf-8")
        self.where = find(str(folder / "station.toml"), str(folder / "state"), str(folder / "run"))
        self.where.log.parent.mkdir(parents=True)
        self.config = load(self.where.config)
        self._rates = {one.name: one.rate for one in self.config.instruments}
        self._boot = "one"
        self._log = RecordLog.open(self.where.log, first=1)
        self._write()
        self._log.close()

    def _append(self, kind, period, start, body, revision=0):
        record = Record(0, kind, period, start, revision, self._boot, start - BEGIN + 10**9, "ntp", 10, compact(body))
        self._log.append(record)

    def _write(self):
        happened = sorted(self._happened(), key=lambda one: one[0])
        self._interval(BEGIN - STEP * 1000)
        for moment in range(BEGIN, at(DAYS + 1, 7), STEP * 1000):
            while happened and happened[0][0] <= moment:
                start, kind, body = happened.pop(0)
                self._append(kind, 0, start, body)
            if within(OFF, moment) or within(STOPPED, moment):
                self._boot = "two" if within(OFF, moment) else self._boot
                continue
            self._interval(moment)
            if within(AGAIN, moment):
                self._interval(moment, revision=1)
        for start, kind, body in happened:
            self._append(kind, 0, start, body)

    def _interval(self, moment, revision=0):
        rows = []
        local = datetime.fromtimestamp(moment / 1000, ZONE)
        for channel, make in WORLDS[self.name].items():
            instrument, quantity = channel.split(".")
            if instrument in ANALYSERS and (local.hour not in RESULTS or local.minute):
                continue
            value = make(moment)
            rows.append(self._row(instrument, quantity, value, moment, local))
            counts = rows[-1].value is not None and (rows[-1].flag == 1 or rows[-1].reason == "out_of_calibration")
            self.truth[channel][moment] = value if counts else None
        self._append("interval", STEP, moment, [row.entries() for row in rows], revision)

    def _row(self, instrument, quantity, value, moment, local):
        analysed = instrument in ANALYSERS
        due = 1 if analysed else max(1, round(self._rates[instrument] * STEP))
        certificate = (OLD if moment < CHANGED else NEW) if instrument == FIRST_OF[self.name] else ""
        good = (instrument, quantity, "", value, value - 0.001, value + 0.001, value, due, due)
        taken = local.isoformat()[:19] if analysed else ""
        if instrument == FIRST_OF[self.name] and within(SILENT, moment):
            return ChannelRow(instrument, quantity, "", None, None, None, None, 0, due, 9, "timeout", "")
        if within(WORKED, moment):
            return ChannelRow(*good, 3, "maintenance", certificate, taken)
        if within(UNCERTIFIED, moment) and certificate:
            return ChannelRow(*good, 3, "out_of_calibration", "", taken)
        if within(THIN, moment) and not analysed and due > 1:
            return ChannelRow(*good[:7], due // 2, due, 4, "range", certificate, taken)
        return ChannelRow(*good, 1, "", certificate, taken)

    def _happened(self):
        first = next(iter(WORLDS[self.name]))
        ask = {"code": "requested", "action": "maintenance", "who": "cli"}
        on = {"on": True, "by": "Wang Li", "note": "probes cleaned", "seconds": 2400}
        raised = {"code": "raised", "alarm": "high", "kind": "threshold", "channel": first, "value": 151.0, "bound": 150.0}
        late = {"code": "raised", "alarm": "late", "kind": "threshold", "channel": first, "value": 160.0, "bound": 150.0}
        chain = {"code": "chain", "from": 0, "to": 0, "count": 0, "ranges": [], "previous": ""}
        sample = {"code": "sample", "channel": first, "value": 42.0, "unit": "x", "by": "Li Na", "laboratory": "Miyun EMC"}
        sample |= {"method": "HJ 1", "note": "", "mark": "S"}
        return [
            (at(-5, 3), "alarm", {**late, "alarm": "old"}),
            (at(1, 4), "alarm", {"code": "cleared", "alarm": "old", "kind": "threshold", "channel": first, "worst": 170.0}),
            (at(2, 1), "event", {**chain, "digest": "a" * 64}),
            (OFF[1], "event", {"code": "started", "version": "1", "instruments": [], "certificates": [OLD], "machine": {}}),
            (WORKED[0], "event", {**ask, "arguments": on, "result": "on"}),
            (
                WORKED[1],
                "event",
                {**ask, "who": "station", "arguments": {"on": False, "instrument": None}, "result": "off: its time is over"},
            ),
            (at(9, 14), "alarm", raised),
            (at(9, 15), "alarm", {"code": "series", "alarm": "high", "kind": "threshold", "series": {}}),
            (at(9, 16), "alarm", {**raised, "code": "cleared", "value": 120.0, "worst": 180.0, "lasted": 7200.0}),
            (at(15), "event", {"code": "certified", "certificates": [NEW], "bad": []}),
            (STOPPED[0] - 1000, "event", {"code": "stopped"}),
            (at(30, 2), "event", {**chain, "digest": "b" * 64}),
            (at(31, 22), "alarm", late),
            (at(32, 4), "event", {**sample, "taken": "2026-10-10T09:30"}),
            (at(32, 5), "event", {**sample, "taken": "2026-11-01T03:30"}),
        ]

    def json(self, capsys, *more):
        from station.cli.main import main

        code = main(["report", "--month", "2026-10", *self.options, *more, "--json"])
        told = capsys.readouterr()
        assert code == 0, told.err
        return json.loads(told.out)

    @property
    def options(self):
        return ["--config", str(self.where.config), "--state", str(self.where.state), "--run", str(self.where.run)]
