"""The time by HTTP, for networks that let nothing else through: the Date of any web server's answer (RFC 9110, 6.6.1)."""

import http.client
import logging
import threading
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from gateway.link.link import TimeTold
from gateway.told import tell_time

PATIENCE = 10.0
"""s for an answer."""

BETWEEN = 3600.0
"""s between two questions; a tenth of it after one in vain."""

SECOND = 500
"""ms: Date has whole seconds, which is half of one on average behind."""

log = logging.getLogger(__name__)


def ask(url: str) -> TimeTold | None:
    """What the server at `url` (http:// or https://) says now; None if it says nothing that is a time."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=PATIENCE)
    try:
        before = time.monotonic()
        connection.request("HEAD", parts.path or "/")
        date = connection.getresponse().getheader("Date", "")
        after = time.monotonic()
        utc = round(parsedate_to_datetime(date).timestamp() * 1000) + SECOND
    except (OSError, ValueError, http.client.HTTPException) as error:
        log.info("%s tells no time: %s", url, error)
        return None
    finally:
        connection.close()
    half = round((after - before) * 500)
    return TimeTold(utc + half, round(after * 1000), SECOND + half, "http")


def keep_asking(url: str, run: Path) -> None:
    """Ask now and each hour, in a thread that ends with the process; what is told goes into the run folder."""

    def work() -> None:
        while True:
            told = ask(url)
            if told is not None:
                tell_time(run, told)
            time.sleep(BETWEEN if told is not None else BETWEEN / 10)

    threading.Thread(target=work, name="http-time", daemon=True).start()
