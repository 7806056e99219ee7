"""Yiwen open-channel flow meter (flume or weir with an ultrasonic or radar level): text over RS-232.

Source: one public reader of the device, as a collection of them quotes it (likely; not checked on the device): the byte 0x11
asks, the reply is text such as `Q=54.42L/S M=…`: flow in litres per second, then a total whose unit is not published and which
is only shown. Unverified and so assumed here: 9600 8N1, and that the reply ends with CR or LF. There is no checksum.

What it cannot say: whether the flume is drowned by backwater, when level and flow no longer belong together. Field oddity: it
answers nothing but the question of one byte.
"""

import re

from drivers.driver import Driver, Environment, NoSettings, Page, StreamPort
from drivers.errors import Foreign, Garbled
from drivers.frames import Cut
from drivers.sample import Sample

QUESTION = b"\x11"
LONGEST = 128
FLOW = re.compile(rb"Q= *(-?[0-9]{1,7}(?:\.[0-9]{1,6})?) *L/S", re.IGNORECASE)
TOTAL = re.compile(rb"M= *([0-9.]{1,16})", re.IGNORECASE)


def split(buffer: bytes) -> Cut:
    """Lines that are not empty."""
    frames: list[bytes] = []
    begin = 0
    for end in (match.end() for match in re.finditer(rb"[\r\n]+", buffer)):
        if buffer[begin:end].strip():
            frames.append(buffer[begin:end])
        begin = end
    if len(buffer) - begin > LONGEST:
        return Cut(tuple(frames), b"", len(buffer) - begin)
    return Cut(tuple(frames), buffer[begin:])


def decode(frame: bytes, _settings: NoSettings) -> Sample:
    """One reply. Raises Garbled, or Foreign for our own question."""
    if frame.strip() == QUESTION:
        raise Foreign("our own question came back", reason="echo", raw=frame)
    if not frame.endswith((b"\r", b"\n")):
        raise Garbled("the reply has no end", reason="truncated", raw=frame, expected="CR or LF", got=frame[-1:].hex())
    flow = FLOW.search(frame)
    if flow is None or not frame.isascii():
        raise Garbled("no reply of this meter", reason="header", raw=frame, expected="Q=… L/S", got=repr(frame[:16]))
    total = TOTAL.search(frame)
    return Sample({"flow": float(flow[1]) / 1000}, status={"total": total[1].decode("ascii")} if total else {})


def read(port: StreamPort, _environment: Environment, settings: NoSettings) -> Sample:
    """Ask once. Raises a wire error."""
    port.send(QUESTION)
    return decode(port.receive(split), settings)


DRIVERS = (
    Driver(
        name="yiwen_flow",
        title="Yiwen open-channel flow meter",
        zh="Yiwen 明渠流量计",
        port="uart",
        page=Page(
            source="one public reader of the device: the byte 0x11 asks, text with Q=…L/S answers",
            published=False,
            wiring=(("RS-232 socket", "USB"), ("24V+", "12V"), ("24V−", "GND")),
            supply=(
                "24 V or mains; RS-232 needs a USB adapter, never straight to the Pi's pins",
                "24 V 或市电供电；RS-232 须经 USB 转换器，不可直接接树莓派引脚",
            ),
            faults=(
                ("no answer: another speed than 9600, or TX and RX crossed", "无应答：波特率不是 9600，或 TX、RX 接反"),
                (
                    "truncated: this lot ends its reply otherwise; send a `station trace`",
                    "truncated：该批次应答结尾不同，请用 station trace 记录",
                ),
                ("flow with dry channel: set the meter's zero again", "渠道无水仍有流量：重新设置零点"),
            ),
            cannot=("whether the flume is drowned by backwater", "不能判断堰槽是否被下游顶托淹没"),
        ),
        quantities=("flow",),
        split=split,
        decode=decode,
        read=read,
        defaults={"baud": 9600},
        interval=5.0,
        least_interval=1.0,
        deadline=1.0,
        resolution={"flow": 0.00001},
        confidence="likely",
    ),
)
