"""`station gateway`: one delivery for each destination, woken when a row is stored. Composes; the work is in `gateway/`."""

import logging
import signal
import threading
import time
from typing import Any

from gateway.delivery import Delivery
from gateway.radio import Windows
from station.chain import ChainKeeper
from station.config import Config
from station.explain import explain_link
from station.gaps import Keeper
from station.host.health import Faults, notify
from station.live import write_json
from station.places import Places
from station.remote.effective import Watch
from station.summary.keeper import MetricKeeper
from station.wake import Ear
from station.words import _

POLL = 0.5
"""s between two looks for new rows if no datagram announces them."""

GAPS = 60.0
"""s between two looks for an hour that is over."""

STUCK_DELIVERY = 120.0
"""s without a turn of its loop after which a delivery counts as hung and the watchdog is not fed."""

log = logging.getLogger(__name__)


class Bookkeeping(threading.Thread):
    """Tells what is owed of each hour that is over. A day of 1 s data takes long: nobody waits for it, nor does the watchdog."""

    def __init__(self, config: Config, places: Places) -> None:
        super().__init__(name="bookkeeping", daemon=True)
        self._keepers = (Keeper(config, places), MetricKeeper(config, places), ChainKeeper(places))
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End; what is being computed is computed anew at the next start."""
        self._stopping.set()

    def run(self) -> None:
        """Until `stop`: several hours that are over one after the other."""
        pause = 1.0
        while not self._stopping.wait(pause):
            try:
                told = [keeper.turn() for keeper in self._keepers]
                pause = 0.0 if any(told) else GAPS
            except OSError as error:
                log.warning(_("gap ledger, metrics and digests cannot be told: %s"), error)
                pause = GAPS


class Gateway:
    """Every destination of one station."""

    def __init__(self, config: Config, places: Places) -> None:
        self._places = places
        self._station = config.station.id
        self._time_url = config.station.time_url
        self._hash = config.hash
        self.settings = Watch(places, config)
        self._stop = threading.Event()
        self._faults = Faults(log.log)
        places.ledgers.mkdir(parents=True, exist_ok=True)
        places.requests.mkdir(parents=True, exist_ok=True)
        self._ear = Ear(places.wake)
        self._bookkeeping = Bookkeeping(config, places)
        self._deliveries = [
            (Windows if destination.settings.every else Delivery)(
                name=destination.name,
                station=self._station,
                log_path=places.log,
                ledger_path=places.ledgers / f"{destination.name}.db",
                settings=destination.settings,
                requests_dir=places.requests,
                live_path=places.live,
                period=config.station.interval,
                link=destination.link,
                remote_key=config.remote.key_file if destination.name in config.remote.platforms else "",
            )
            for destination in config.destinations
        ]

    def stop(self, *_ignored: object) -> None:
        """End in order. Safe in a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Until `stop`, or SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        for delivery in self._deliveries:
            delivery.start()
        self._bookkeeping.start()
        if self._time_url:
            from station.httptime import keep_asking

            keep_asking(self._time_url, self._places.run)
        notify("READY=1")
        log.info(_("delivering to: %s"), ", ".join(d.destination for d in self._deliveries) or _("nobody"))
        self._report(time.monotonic())
        next_report = time.monotonic() + 1.0
        while not self._stop.is_set():
            if self._ear.wait(POLL):
                for delivery in self._deliveries:
                    delivery.wake()
            now = time.monotonic()
            if now >= next_report:
                next_report = now + 1.0
                self._report(now)
                if self.settings.look(now) and not any(delivery.commands.waiting for delivery in self._deliveries):
                    self.stop()  # a platform that asked for the change has its answer
        notify("RELOADING=1" if self.settings.changed else "STOPPING=1")
        self._bookkeeping.stop()
        for delivery in self._deliveries:
            delivery.stop()
        self._ear.close()
        self._places.delivery.unlink(missing_ok=True)

    def _report(self, now: float) -> None:
        """Rewrite delivery.json, log what changed, feed the watchdog."""
        states: dict[str, Any] = {}
        for delivery in self._deliveries:
            state = delivery.state()
            states[delivery.destination] = state
            fault = state["fault"]
            text = explain_link(fault, delivery.destination, state["detail"]) if fault else ""
            self._faults.state(delivery.destination, fault, text, now)
        write_json(
            self._places.delivery,
            {"station": self._station, "monotonic": now, "configuration": self._hash, "destinations": states},
        )
        if self._bookkeeping.is_alive() and all(now - one.progress < STUCK_DELIVERY for one in self._deliveries):
            notify("WATCHDOG=1")
