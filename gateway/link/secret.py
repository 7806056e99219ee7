"""Where a secret lies: the configuration names a path, or bare a file in /etc/shanshui/secrets.

Only root reads that folder; systemd's LoadCredential gives the gateway a copy of what is in it.
"""

import os
from pathlib import Path

from gateway.link.link import Down

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


def secret(name: str) -> str:
    """The content of a secret's file, without the line's end. Raises Down."""
    path = secret_file(name)
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        text = f"the file {path} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise Down("refused_credentials", text, "create it, readable for the gateway's user") from None
