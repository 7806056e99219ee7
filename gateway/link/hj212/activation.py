"""Getting an MN and keys from a platform of 2025: 1001, 1002 and 1014.

All of this is likely, not certain: it is quoted from HJ 212-2025 by readers of it, its full text was not at hand. It is off
unless the configuration leaves `mn` empty (then the platform assigns it) or sets `key_days`.
"""

from pathlib import Path

from gateway.link.hj212.message import Fields
from gateway.link.hj212.outbox import Now, local
from gateway.link.hj212.session import CONDITIONS, DONE, FAILED, Asked, Session
from gateway.link.hj212.sm4 import Sm4, key_from

SERIALS = (Path("/sys/firmware/devicetree/base/serial-number"), Path("/etc/machine-id"))
"""Where the number of the processor stands; the first that exists counts."""

INTERFACES = Path("/sys/class/net")
DAY = 86_400_000
"""ms."""


def hardware(logger: str) -> list[Fields]:
    """The numbers by which a platform knows the logger: its id, the processor, two network addresses (empty if absent)."""
    addresses = [_read(path / "address").upper() for path in sorted(INTERFACES.glob("*")) if path.name != "lo"]
    first, second = ([one for one in addresses if one] + ["", ""])[:2]
    processor = next((text for path in SERIALS if (text := _read(path))), "")
    values = (("i23005", logger), ("i23006", processor), ("i23007", first), ("i23008", second))
    return [((f"{code}-Info", text),) for code, text in values]


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii").strip("\x00 \n")
    except (OSError, UnicodeDecodeError):
        return ""


class Activation:
    """What one connection does about MN and key. `logger` is the id under which the station registered."""

    def __init__(self, session: Session, logger: str, key_days: int) -> None:
        self._session = session
        self._logger = logger
        self._key_days = key_days

    def begin(self, now: Now) -> None:
        """Tell the hardware numbers while there is no MN; ask for a new key when the old one is too old."""
        memory = self._session.memory
        if not memory["mn"]:
            self._session.outbox.notice("1001", self._session.st, hardware(self._logger), now)
        elif self._key_days and now.utc - memory.kept.get("key_since", 0) >= self._key_days * DAY:
            moment = local(now.utc)
            text = moment.strftime("%Y%m%d%H%M%S") + f"{moment.microsecond // 1000:03d}"
            self._session.outbox.notice("1014", self._session.st, [(("SKCreateTime", text),)], now, vital=False)

    def assign(self, asked: Asked, _now: Now) -> None:
        """1002: the MN in the header is ours from now on, if the request names this logger."""
        mn = asked.message.header.get("MN", "")
        if asked.parameters.get("i23005-Info") != self._logger or not mn or len(mn) > 24:
            self._session.finish(asked, CONDITIONS)
            return
        try:
            self._session.change("mn", mn)
        except OSError:
            self._session.finish(asked, FAILED)
            return
        self._session.finish(asked, DONE)

    def new_key(self, asked: Asked, now: Now) -> None:
        """1014: the key in force from the next message on."""
        text = asked.parameters.get("NewSK", "")
        if len(text) != 16 or self._session.voice.cipher is None:
            self._session.finish(asked, CONDITIONS)
            return
        try:
            cipher = Sm4(key_from(text))
            self._session.change("key", text)
        except (OSError, ValueError):
            self._session.finish(asked, FAILED)
            return
        self._session.finish(asked, DONE)
        self._session.voice.cipher = cipher
        self._session.memory.keep("key_since", now.utc)
