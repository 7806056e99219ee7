"""A cellular modem's signal strength through its AT port (Quectel, SIMCom, Huawei and others).

Source: 3GPP TS 27.007, clauses 8.5 (+CSQ) and 8.69 (+CESQ). `AT+CSQ` answers `+CSQ: rssi,ber`: 0 to 31 is −113 + 2 n dBm, 99
unknown; 100 to 191 on TD-SCDMA modems −116 + (n − 100), 199 unknown (likely). On LTE `AT+CESQ` answers six numbers, the last
rsrp: n − 141 dBm (0 to 97), 255 unknown. Unsolicited lines may stand between question and OK. One frame is everything up to
OK or ERROR.

What it cannot say: whether the network forwards anything. Field oddities: several ttyUSB ports, of which ModemManager holds
one (use the other, or `mmcli`); RSRP is 20 to 30 dB lower than RSSI at the same place.
"""

from dataclasses import dataclass, field

from drivers.driver import Driver, Environment, Page, StreamPort
from drivers.errors import Foreign, Garbled
from drivers.frames import Cut
from drivers.sample import Kind, Sample

LONGEST = 512
ENDS = (b"OK", b"ERROR")
KEY = "signal_strength"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked."""

    command: str = field(default="AT+CSQ", metadata={"help": "AT+CESQ gives RSRP on LTE", "choices": ("AT+CSQ", "AT+CESQ")})


def split(buffer: bytes) -> Cut:
    """Answers, each up to the line OK or ERROR."""
    frames: list[bytes] = []
    begin = position = 0
    while (end := buffer.find(b"\n", position)) >= 0 or _ended(buffer[position:]):
        stop = end + 1 if end >= 0 else len(buffer)
        line = buffer[position:stop].strip()
        position = stop
        if line in ENDS or line.startswith(b"+CME ERROR"):
            frames.append(buffer[begin:stop])
            begin = stop
    if len(buffer) - begin > LONGEST:
        return Cut(tuple(frames), b"", len(buffer) - begin)
    return Cut(tuple(frames), buffer[begin:])


def _ended(line: bytes) -> bool:
    return line.strip() in ENDS


def decode(frame: bytes, _settings: Settings) -> Sample:
    """One answer: dBm. Raises Garbled, or Foreign for our own question."""
    lines = [line.strip() for line in frame.replace(b"\r", b"\n").split(b"\n") if line.strip()]
    if not lines:
        raise Garbled("no line", reason="truncated", raw=frame, expected="+CSQ: … OK", got="nothing")
    for line in lines:
        head, _colon, rest = line.partition(b":")
        if head in (b"+CSQ", b"+CESQ"):
            if lines[-1] not in ENDS:
                raise Garbled("the answer has no end", reason="truncated", raw=frame, expected="OK", got=repr(lines[-1][:12]))
            return _strength(head, rest, frame)
    if lines[-1] == b"ERROR" or lines[-1].startswith(b"+CME ERROR"):
        return Sample({}, status={"answer": lines[-1].decode("ascii", "replace")}, reason="device_fault")
    if lines[-1] == b"OK":
        return Sample({}, status={"answer": lines[0].decode("ascii", "replace")}, kind=Kind.ACKNOWLEDGEMENT)
    if all(line.upper().startswith(b"AT") for line in lines):
        raise Foreign("our own question came back", reason="echo", raw=frame)
    raise Garbled("no answer of a modem", reason="header", raw=frame, expected="+CSQ: … OK", got=repr(lines[0][:12]))


def _strength(head: bytes, rest: bytes, frame: bytes) -> Sample:
    words = [word.strip() for word in rest.split(b",")]
    wanted = 2 if head == b"+CSQ" else 6
    if len(words) != wanted or not all(word.isdigit() and len(word) < 4 for word in words):
        raise Garbled("wrong fields", reason="length", raw=frame, expected=f"{wanted} numbers", got=repr(rest[:24]))
    numbers = [int(word) for word in words]
    if head == b"+CSQ":
        code = numbers[0]
        strength = -113 + 2 * code if code <= 31 else -116 + code - 100 if 100 <= code <= 191 else None
        status: dict[str, int | float | str] = {"rssi": code, "ber": numbers[1]}
    else:
        code = numbers[5]
        strength = code - 141 if code <= 97 else None
        status = {"rsrp": code, "rsrq": numbers[4]}
    if strength is None:
        return Sample({}, {KEY: "sentinel"}, status, "sentinel")
    return Sample({KEY: float(strength)}, status=status)


def read(port: StreamPort, _environment: Environment, settings: Settings) -> Sample:
    """Ask once. Raises a wire error."""
    port.send(settings.command.encode("ascii") + b"\r")
    return decode(port.receive(split), settings)


def identify(port: StreamPort, _settings: Settings) -> str:
    """The IMEI. Raises a wire error."""
    port.send(b"AT+CGSN\r")
    answer = port.receive(split)
    return next((line.strip().decode() for line in answer.split() if line.isdigit() and len(line) >= 14), "")


DRIVERS = (
    Driver(
        name="modem",
        title="cellular modem, signal strength through its AT port",
        zh="蜂窝模块信号强度（AT 口）",
        port="uart",
        page=Page(
            source="3GPP TS 27.007, clauses 8.5 and 8.69",
            published=False,
            wiring=(("USB", "USB"),),
            supply=(
                "5 V through USB; up to 2 A for milliseconds: a weak supply resets it",
                "USB 5 V；瞬时可达 2 A，供电弱会重启",
            ),
            faults=(
                (
                    "no answer: ModemManager holds this port; take the modem's other ttyUSB",
                    "无应答：端口被 ModemManager 占用，改用另一个 ttyUSB",
                ),
                ("sentinel: no network, antenna loose, SIM without service", "sentinel：无网络、天线松动或 SIM 停机"),
            ),
            cannot=("whether the network forwards anything", "不能判断网络是否真的通"),
        ),
        quantities=(KEY,),
        split=split,
        decode=decode,
        read=read,
        identify=identify,
        settings=Settings,
        defaults={"baud": 115200},
        interval=60.0,
        least_interval=1.0,
        deadline=2.0,
        resolution={KEY: 2.0},
    ),
)
