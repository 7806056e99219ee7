"""An event put into the record log by a command, while no acquisition runs."""

from gateway.log.store import RecordLog
from gateway.record import Record
from station.clock import Now, boot_id
from station.places import Places


def store_event(where: Places, body: str, now: Now, skip: bool = False) -> None:
    """Store it. `skip`: number it by the time of day, as what follows the log's last may be used already. Raises StorageError."""
    where.log.parent.mkdir(parents=True, exist_ok=True)
    log = RecordLog.open(where.log, first=now.wall)
    if skip:
        log.skip(now.wall)
    log.append(Record(0, "event", 0, now.utc, 0, boot_id(), now.monotonic, now.source or "system", now.error, body))
    log.close()
