"""Where a secret lies: the configuration names a path, or bare a file in /etc/shanshui/secrets.

Only root reads that folder; systemd's LoadCredential gives the gateway a copy of what is in it.
"""

import os
from pathlib import Path

PREFIX = "secret_"
"""systemd's name of a credential out of a folder: the id in station-gateway.service, and an underscore before the file's name."""


FOLDER = Path("/etc/shanshui/secrets")


def secret_file(name: str) -> Path:
    """The file of the secret called `name` in the configuration; it need not exist."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if "/" in name:
        return Path(name)
    if not folder:
        return FOLDER / name
    loaded = Path(folder) / f"{PREFIX}{name}"
    return loaded if loaded.exists() else Path(folder) / name
