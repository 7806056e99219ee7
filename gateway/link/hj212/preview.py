"""The frames that would be sent now, for people who want to see them before a platform does. Nothing is sent or remembered."""

import json
from collections.abc import Iterator

from gateway.link.hj212.archive import Archive
from gateway.link.hj212.frame import Framer, encode
from gateway.link.hj212.link import memory_of, voice_of
from gateway.link.hj212.message import Fields, parse
from gateway.link.hj212.outbox import Now, Upload, stamp
from gateway.link.hj212.series import Series
from gateway.link.hj212.session import Session
from gateway.link.hj212.slots import slot_of
from gateway.link.hj212.uploads import live_groups, roster, systems
from gateway.link.link import Place
from gateway.link.settings import Hj212Settings
from gateway.log.reader import LogReader


def frames(cn: str, place: Place, settings: Hj212Settings, now: Now) -> list[bytes]:
    """The frames of the newest data for `cn` (2011, 2051, 2061, 2031); none if there are no such data. Raises Down, BadFactor."""
    sent = roster(settings)
    session = Session(voice_of(settings, memory_of(settings, place)), systems(sent), frozenset(), ())
    if cn == "2011":
        uploads = _live(place, settings)
    else:
        archive = Archive(LogReader(place.log))
        newest = archive.newest()
        if newest is None or newest.start is None:
            return []
        series, minutes = Series(archive, sent, settings, place.period), session.memory["minutes"]
        length = series.length(cn, minutes)
        begin = slot_of(newest.start, length) - (length if length > newest.period * 1000 else 0)
        uploads = series.stored(cn, begin, begin + length, minutes)
    for upload in uploads:
        session.upload(upload, now, urgent=True)
    return list(_all_packets(session, now))


def _live(place: Place, settings: Hj212Settings) -> Iterator[Upload]:
    try:
        live = json.loads(place.live.read_text("utf-8"))
        groups = live_groups(live["channels"], roster(settings), settings)
    except (OSError, ValueError, KeyError, TypeError):
        return
    for st, content in groups.items():
        head: Fields = (("DataTime", stamp(int(live["utc"]))),)
        yield Upload(("now", st), st, "2011", [head, *content])


def _all_packets(session: Session, now: Now) -> Iterator[bytes]:
    """The session's output; each packet is acknowledged, so that the next of a long message comes too."""
    framer = Framer(lambda _segment, _told: True)
    while data := session.outbox.take():
        for frame in framer.feed(data):
            yield encode(frame.segment)[:6] + frame.segment + b"%04X\r\n" % frame.crc
            session.outbox.acknowledged(parse(frame.segment).number, now)
