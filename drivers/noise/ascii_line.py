"""Any meter that says its numbers in lines of text (AWA sound level meters, old loggers): which field is what is a setting.

Source: the meter's own manual; for AWA6228+ and AWA5688 the protocol is not public, AWA6218 prints Leq, L5, L10, L50, L90 and L95
(unverified). A line ends with CR or LF; numbers are taken out of it in order, whatever separates them, and `columns` names them:
`columns = ["laeq", "", "la10"]` skips the second. `starts` is how a line must begin to count, `question` what is sent first.

What it cannot say: that a line came whole: there is no checksum. A line with fewer numbers than columns is refused. Field
oddity: a meter may print a header, a date or a unit with digits: choose `starts`, or name the columns of these digits "".
"""

from dataclasses import dataclass, field

from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Garbled
from drivers.frames import lines
from drivers.quantity import quantities
from drivers.sample import Sample

SPLIT = lines(256)


@dataclass(frozen=True, slots=True)
class Settings:
    """What stands in a line."""

    columns: tuple[str, ...] = field(default=("laeq",), metadata={"help": 'quantity of each number, "" for one to skip'})
    starts: str = field(default="", metadata={"help": "how a line begins that counts"})
    question: str = field(default="", metadata={"help": "what is sent before each line; empty: it speaks by itself"})


def measures(settings: Settings) -> tuple[str, ...]:
    """The named columns. Raises ValueError."""
    found = tuple(key for key in settings.columns if key)
    unknown = [key for key in found if key not in quantities()]
    if unknown:
        raise ValueError(f"columns: there is no quantity {unknown[0]!r}")
    if not found or len(set(found)) < len(found):
        raise ValueError('columns = ["laeq"] must name at least one quantity, and each once')
    return found


def decode(frame: bytes, settings: Settings) -> Sample:
    """One line. Raises Garbled."""
    line = frame.strip()
    if not line.isascii() or any(byte < 0x20 and byte != 0x09 for byte in line):
        raise Garbled("no text", reason="wrong_speed", raw=frame, expected="ASCII", got=frame[:8].hex())
    text = line.decode("ascii")
    if not text.startswith(settings.starts):
        raise Garbled("another line", reason="header", raw=frame, expected=settings.starts, got=text[:12])
    numbers = _numbers(text[len(settings.starts) :])
    if len(numbers) < len(settings.columns):
        expected, got = f"{len(settings.columns)} numbers", str(len(numbers))
        raise Garbled("too few numbers", reason="truncated", raw=frame, expected=expected, got=got)
    pairs = zip(settings.columns, numbers, strict=False)
    return Sample({key: number for key, number in pairs if key}, status={"text": text[:64]})


def _numbers(text: str) -> list[float]:
    """Every decimal number in the text, in order."""
    words: list[str] = [""]
    for letter in text:
        if letter.isdigit() or (letter == "." and words[-1].strip("-").isdigit()) or (letter == "-" and not words[-1]):
            words[-1] += letter
        elif words[-1]:
            words.append("")
    return [float(word) for word in words if word.strip("-.")]


def read(port: StreamPort, _environment: Environment, settings: Settings) -> Sample:
    """The next line. Raises a wire error."""
    if settings.question:
        port.send(settings.question.encode("latin-1") + b"\r")
    return decode(port.receive(SPLIT), settings)


DRIVERS = (
    Driver(
        name="ascii_line",
        title="meter that prints lines of text (AWA and other sound level meters)",
        zh="输出文本行的仪表（爱华等声级计）",
        port="uart",
        page=Page(
            source="the meter's own manual; for AWA meters unverified",
            published=False,
            wiring=(("USB or RS-232", "USB"),),
            supply=(
                "own supply; RS-232 needs an adapter, never straight to the Pi's pins",
                "自带电源；RS-232 须经转换器，不可直接接树莓派引脚",
            ),
            faults=(
                (
                    "values in the wrong column: look at `station trace BUS` and name the columns anew",
                    "数值错位：用 station trace 查看原始行，重新填写 columns",
                ),
                ("only garbage: set baud as in the meter's menu", "乱码：将 baud 设为仪表菜单中的值"),
            ),
            cannot=("that a line came whole: there is no checksum", "没有校验和，无法确认一行是否完整"),
        ),
        quantities=tuple(quantities()),
        measures=measures,
        split=SPLIT,
        decode=decode,
        read=read,
        settings=Settings,
        defaults={"baud": 9600},
        interval=1.0,
        least_interval=0.1,
        deadline=2.5,
        confidence="unverified",
    ),
)
