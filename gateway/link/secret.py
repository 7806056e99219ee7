"""Where a secret lies: the configuration names a file, or a bare name that systemd's LoadCredential has put into a folder."""

import os
from pathlib import Path

PREFIX = "secret_"
"""systemd's name of a credential out of a folder: the id in station-gateway.service, and an underscore before the file's name."""


def secret_file(name: str) -> Path:
    """The file of the secret called `name` in the configuration; it need not exist."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if "/" in name or not folder:
        return Path(name)
    loaded = Path(folder) / f"{PREFIX}{name}"
    return loaded if loaded.exists() else Path(folder) / name
