"""Where things lie: configuration, state that must last, and the run folder of what need not.

A deployed station: /etc/shanshui/station.toml, /etc/shanshui/certificates/, /var/lib/shanshui, /run/shanshui. An ordinary
user has the same below $XDG_CONFIG_HOME/shanshui and $XDG_STATE_HOME/shanshui. `--config`, `--state` and `--run` override.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SYSTEM_CONFIG = Path("/etc/shanshui/station.toml")


@dataclass(frozen=True, slots=True)
class Places:
    """Every path of one station."""

    config: Path
    state: Path
    run: Path

    @property
    def certificates(self) -> Path:
        """Folder of calibration certificates, beside the configuration."""
        return self.config.parent / "certificates"

    @property
    def log(self) -> Path:
        """The record log; acquisition writes it."""
        return self.state / "acquire" / "records.db"

    @property
    def memory(self) -> Path:
        """What acquisition remembers over a restart and may lose."""
        return self.state / "acquire" / "memory.json"

    @property
    def operation(self) -> Path:
        """What people have switched on for a while; acquisition writes it."""
        return self.state / "acquire" / "operation.json"

    @property
    def settings(self) -> Path:
        """Settings that were changed from afar, over those of the configuration; acquisition writes it."""
        return self.state / "acquire" / "settings.json"

    @property
    def pictures(self) -> Path:
        """Folder of the pictures that were taken at alarms."""
        return self.state / "acquire" / "pictures"

    @property
    def machine(self) -> Path:
        """Serial number of the machine on which this station runs."""
        return self.state / "acquire" / "machine"

    @property
    def floor(self) -> Path:
        """A time that has certainly passed; acquisition writes it."""
        return self.state / "acquire" / "clock.json"

    @property
    def ledgers(self) -> Path:
        """Folder with one ledger for each destination; the gateway writes it."""
        return self.state / "gateway"

    @property
    def live(self) -> Path:
        """Newest readings and the state of the buses, rewritten each second by acquisition."""
        return self.run / "live.json"

    @property
    def delivery(self) -> Path:
        """State of the destinations, rewritten each second by the gateway."""
        return self.run / "delivery.json"

    @property
    def requests(self) -> Path:
        """Folder of request files."""
        return self.run / "requests"

    @property
    def privileged(self) -> Path:
        """Folder of the request files for root."""
        return self.run / "privileged"

    def restarts(self, service: str) -> Path:
        """Where the starts of "acquire" or "gateway" are counted."""
        return self.run / f"{service}.starts.json"

    @property
    def wake(self) -> Path:
        """Datagram socket of the gateway: a byte there says that a row was stored."""
        return self.run / "gateway.sock"


@contextmanager
def shared() -> Iterator[None]:
    """What is made within can be read and written by the services' group; the caller's own umask holds again afterwards."""
    before = os.umask(0o007)
    try:
        yield
    finally:
        os.umask(before)


def there(path: Path) -> bool:
    """Whether it exists, also where this user may not look."""
    try:
        path.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def installed() -> bool:
    """Whether the system's station is meant: it is configured, or its folder waits for a configuration that we may write."""
    return there(SYSTEM_CONFIG) or os.access(SYSTEM_CONFIG.parent, os.W_OK)


def find(config: str | None, state: str | None, run: str | None) -> Places:
    """The paths in force for these options of the command line."""
    home = Path.home()
    own_config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "shanshui" / "station.toml"
    own_state = Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "shanshui"
    system = config is None and state is None and installed()
    if system:
        return Places(SYSTEM_CONFIG, Path("/var/lib/shanshui"), Path(run or "/run/shanshui"))
    chosen_state = Path(state).absolute() if state else own_state
    chosen_run = Path(run).absolute() if run else chosen_state / "run"
    return Places(Path(config).absolute() if config else own_config, chosen_state, chosen_run)
