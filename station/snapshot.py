"""What acquisition tells about itself each second: most of the content of live.json."""

from collections.abc import Mapping
from typing import Any

from station.clock import Now
from station.config import Config
from station.pipeline import Pipeline
from station.recorder import Recorder
from station.worker import Worker


def snapshot(config: Config, recorder: Recorder, pipeline: Pipeline, workers: Mapping[str, Worker], now: Now) -> dict[str, Any]:
    """The newest value of each channel, the clock, what is stored, and what each bus counts; times in ms, `monotonic` in s."""
    return {
        "station": config.station.id,
        "monotonic": now.monotonic / 1000,
        "utc": now.utc,
        "clock": {"trusted": recorder.trusted, "source": now.source, "error": now.error},
        "stored": recorder.stored,
        "last_sequence": recorder.last_sequence,
        "waiting": recorder.waiting,
        "storage_fault": str(recorder.fault or ""),
        "maintenance": pipeline.maintenance,
        "maintained": sorted(pipeline.maintained),
        "cleanable": [one.name for one in config.instruments if one.model.clean is not None],
        "buses": {name: {"retries": one.retries(), "power_cycles": one.power_cycles} for name, one in workers.items()},
        "channels": [
            [name, key, latest.value, latest.raw, int(latest.flag), latest.reason, round(latest.moment, 3)]
            for name, channels in pipeline.channels.items()
            for key, channel in channels.items()
            if (latest := channel.latest) is not None
        ],
    }
