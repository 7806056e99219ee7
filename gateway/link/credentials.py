"""Files of secrets and certificates: a bare name is a credential that systemd put into a folder of its own."""

import os
from pathlib import Path

from gateway.link.link import Down


def credential(name: str) -> Path:
    """The file that `name` stands for."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    return Path(folder) / name if "/" not in name and folder else Path(name)


def secret(name: str) -> str:
    """The content of a secret's file, without the line's end. Raises Down."""
    path = credential(name)
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        text = f"the file {path} cannot be read: {why}"
        raise Down("refused_credentials", text, "create it, readable for the gateway's user") from None
