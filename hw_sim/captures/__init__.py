"""Recorded bytes of real devices, to be replayed: text files, one frame in hexadecimal a line, `#` begins a comment."""

from pathlib import Path

FOLDER = Path(__file__).parent


def read(path: Path) -> tuple[bytes, ...]:
    """The frames of a file. Raises ValueError naming the line that is not hexadecimal, OSError if it cannot be read."""
    frames = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        text = line.partition("#")[0].strip()
        if text:
            try:
                frames.append(bytes.fromhex(text))
            except ValueError:
                raise ValueError(f"{path}:{number}: not hexadecimal: {text[:40]!r}") from None
    if not frames:
        raise ValueError(f"{path}: holds no frame")
    return tuple(frames)
