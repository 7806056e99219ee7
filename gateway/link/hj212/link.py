"""The TCP connection to an HJ 212 platform: sockets and clocks around the session.

An interval record becomes a 2051 for each ST; it is confirmed when all of them have their 9014. `confirm = "written"` is for a
host that never answers: then a record counts as delivered when the operating system has taken its bytes, and what was on the way
when a connection broke is lost without anybody knowing. Of events and alarms the platform gets what `reports.py` has a form for;
the others are passed.
"""

import select
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from gateway.link.hj212.archive import Archive
from gateway.link.hj212.duties import Duties
from gateway.link.hj212.fold import even, fold
from gateway.link.hj212.memory import Memory
from gateway.link.hj212.message import Fields
from gateway.link.hj212.outbox import Dead, Delivered, Now, Unsendable, Upload, Voice, stamp
from gateway.link.hj212.reports import reports
from gateway.link.hj212.series import is_longer
from gateway.link.hj212.session import BAD_CRC, MINUTES, Asked, Changed, Done, Session, Turned
from gateway.link.hj212.slots import Slot, Slots
from gateway.link.hj212.sm4 import NoCryptography, Sm4, key_from
from gateway.link.hj212.uploads import BadFactor, Sent, interval_groups, roster, systems
from gateway.link.link import Command, Confirmed, Down, Event, Noted, Passed, Place, Refused, TimeTold
from gateway.link.secret import secret
from gateway.link.settings import Hj212Settings
from gateway.link.traffic import Traffic
from gateway.log.reader import LogReader
from gateway.record import Record

PATIENCE = 10.0
"""s for a connection to be made, and for the network to take what is written."""

HALF_OPEN = 60_000
"""ms after which a connection whose bytes nobody takes counts as broken."""

MOST_PARTS = 30
"""Stored intervals in one of the platform's minute intervals, at most, but for those of an emergency."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Hj212Link:
    """One platform."""

    def __init__(self, place: Place, settings: Hj212Settings) -> None:
        self._place = place
        self._settings = settings
        self._archive = Archive(LogReader(place.log))
        self._memory: Memory | None = None
        self._session: Session | None = None
        self._duties: Duties | None = None
        self._socket: socket.socket | None = None
        self._traffic = Traffic()
        self._slots = Slots()
        self._waiting: dict[int, tuple[set[str], list[Record]]] = {}
        self._count = 0
        self._sent: tuple[Sent, ...] = ()
        self._events: list[Event] = []
        self._refusals = 0
        self._ear, self._mouth = socket.socketpair()
        self._tap = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        for one in (self._ear, self._mouth, self._tap):
            one.setblocking(False)

    @property
    def _where(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    def open(self) -> None:
        """Connect; HJ 212 knows no login. Raises Down."""
        self._drop()
        self._slots.clear()
        self._waiting.clear()
        settings = self._settings
        try:
            sent = roster(settings)
        except BadFactor as error:
            raise Down("settings", str(error), "correct [[destination.factor]]") from None
        if self._memory is None:
            self._memory = memory_of(settings, self._place)
        voice = voice_of(settings, self._memory)
        seconds = self._place.period
        minutes = [m for m in MINUTES if m * 60 % seconds == 0 and m * 60 // seconds <= MOST_PARTS]
        self._session = Session(
            voice,
            systems(sent),
            Duties.able(settings),
            minutes,
            window=settings.window,
            heartbeat=float(settings.heartbeat),
            stored=max(1, seconds // 60),
            bad_crc=99 if settings.surface_water else BAD_CRC,
        )
        self._traffic.renew()
        self._socket = connect(settings.host, settings.port)
        self._duties = Duties(self._session, self._archive, self._place.live, sent, settings, seconds, self._place.station)
        self._sent = sent
        self._duties.begin(_now(), BOOT_ID.read_text("ascii").strip(), _booted())

    def send(self, record: Record, replay: bool) -> None:
        """Take one record; minute data may wait for those that belong to them. Raises Down."""
        session = self._usable()
        if record.kind != "interval":
            self._report(session, record, replay)
            return
        if is_longer(record, self._place.period):  # its turn comes with the hours and days
            self._events.append(Passed(record.sequence))
            return
        self._slots.add(record, replay, session.memory["minutes"], _now().utc, self._place.period)
        self._send_slots(session, _now())

    def _report(self, session: Session, record: Record, replay: bool) -> None:
        """An event or alarm: at once, before any data."""
        uploads = reports(record, self._sent, self._settings)
        if not uploads:
            self._events.append(Passed(record.sequence))
            return
        self._count += 1
        self._waiting[self._count] = ({str(upload.key) for upload in uploads}, [record])
        for upload in uploads:
            upload.key, upload.resent = ("record", self._count, str(upload.key)), replay
            session.upload(upload, _now(), urgent=True)

    def _send_slots(self, session: Session, now: Now) -> None:
        if not session.memory["mn"]:
            return  # not activated yet
        for slot in self._slots.ready(now.utc):
            seconds = slot.length // 1000
            many = slot.cut or any(one.period != seconds for one in slot.records) or (slot.resent and self._goes_on(slot))
            stored = list(self._archive.between(slot.start, slot.start + slot.length)) if many else slot.records
            stored = [one for one in stored if not is_longer(one, self._place.period)] or slot.records
            parts = list(even(stored, self._place.period).values())
            due = max(1, seconds // max(1, self._place.period))
            found = parts[0] if len(parts) == 1 else fold(parts, due)
            groups = interval_groups(found, self._sent, self._settings, seconds)
            if not groups:
                self._events.extend(Passed(record.sequence) for record in slot.records)
                continue
            self._count += 1
            self._waiting[self._count] = (set(groups), slot.records)
            for st, content in groups.items():
                head: Fields = (("DataTime", stamp(slot.start)),)
                key = ("record", self._count, st)
                session.upload(Upload(key, st, "2051", [head, *content], slot.resent), now)

    def _goes_on(self, slot: Slot) -> bool:
        """True if a start has stored another piece of its interval: a piece of the backlog does not show that a stop cut it."""
        after = self._archive.following(max(one.sequence for one in slot.records))
        return after is not None and slot.start <= (after.start or 0) < slot.start + slot.length

    def poll(self, seconds: float) -> list[Event]:
        """Confirmations and refusals. Raises Down."""
        session = self._usable()
        self._work(session, _now())
        self._wait(session, seconds)
        self._work(session, _now())
        self._traffic.look(self._socket)
        events, self._events = self._events, []
        return events

    def _work(self, session: Session, now: Now) -> None:
        """Everything that is due: time, duties, what happened, bytes."""
        assert self._duties is not None
        session.tick(now)
        self._duties.tick(now)
        self._send_slots(session, now)
        self._write(session.outbox.take())
        while happened := session.take_events():
            for event in happened:
                self._handle(event, now)
            self._write(session.outbox.take())
        wanted, self._duties.errands.commands = self._duties.errands.commands, []
        self._events.extend(Command(text) for text in wanted)

    def _wait(self, session: Session, seconds: float) -> None:
        """Until bytes arrive, somebody wakes us, or something is due."""
        assert self._socket is not None and self._duties is not None
        due = [at for at in (session.deadline(), self._duties.deadline()) if at is not None]
        left = min([seconds, *(max(0.0, at - time.monotonic()) for at in due)])
        readable, _, _ = select.select([self._socket, self._ear], [], [], left)
        if self._ear in readable:
            self._ear.recv(4096)
        if self._socket in readable:
            try:
                data = self._socket.recv(65536)
            except OSError as error:
                self._lose(error.strerror or str(error))
            if not data:
                self._lose("closed by the platform")
            self._overhear(b"<", data)
            session.receive(data, _now())

    def _handle(self, event: object, now: Now) -> None:
        assert self._duties is not None
        match event:
            case Delivered(("record", int(count), str(st))):
                self._settle(count, st)
            case Unsendable(("record", int(count), _), reason):
                for record in self._waiting.pop(count, (set(), []))[1]:
                    self._events.append(Refused(record.sequence, reason))
            case Delivered(key):
                self._duties.delivered(key, now)
            case Unsendable(key, _):
                self._duties.unsendable(key, now)
            case Dead(reason):
                self._lose(reason, "check MN, password and port with the platform's owner; it is tried again by itself")
            case Asked():
                self._duties.asked(event, now)
            case Turned():
                self._refusals += 1
            case Changed(name, value):
                self._events.append(Noted("setting", {"name": name, "value": value}))
            case Done(what, facts):
                by = facts.get("by")
                if what == "clock" and isinstance(by, int):  # 1012 has whole seconds
                    self._events.append(TimeTold(now.utc + by, round(now.monotonic * 1000), 1000, "platform"))
                self._events.append(Noted(what, facts))

    def _settle(self, count: int, st: str) -> None:
        """One ST of an interval has arrived; with the last one its records are confirmed."""
        sts, records = self._waiting.get(count, (set(), []))
        sts.discard(st)
        if not sts and records:
            del self._waiting[count]
            self._events.extend(Confirmed(record.sequence, record.sequence) for record in records)

    def _write(self, data: bytes) -> None:
        """Raises Down if the network does not take it."""
        if not data or self._socket is None:
            return
        try:
            self._socket.sendall(data)
        except OSError as error:
            self._lose("nothing can be written" if isinstance(error, TimeoutError) else error.strerror or str(error))
        self._overhear(b">", data)

    def _overhear(self, direction: bytes, data: bytes) -> None:
        """Tell whoever listens at the tap; nobody usually does."""
        with suppress(OSError):
            self._tap.sendto(direction + data, str(self._place.tap))

    def _lose(self, why: str, step: str = "it is tried again by itself") -> NoReturn:
        """Raises Down."""
        self._drop()
        raise Down("lost", f"{self._where}: the connection was lost ({why})", step)

    def _usable(self) -> Session:
        if self._session is None or self._socket is None:
            raise Down("lost", f"{self._where}: not connected", "it is tried again by itself")
        return self._session

    def reply(self, text: str) -> None:
        """Acquisition's answer to what the platform wanted; the others are answered by the session itself."""
        if self._duties is not None:
            self._duties.answered(text, _now())

    def tell(self, what: str, text: str) -> bool:
        """HJ 212 has no form for anything else."""
        return False

    def state(self) -> dict[str, Any]:
        """Bytes carried, settings that the platform has changed, requests refused, progress of a history request."""
        return {
            "bytes": self._traffic.total,
            "changed": self._memory.shown if self._memory else {},
            "confirm": self._settings.confirm,
            "refused_requests": self._refusals,
            "frames_resent": self._session.outbox.resent if self._session else 0,
            "history": self._duties.progress if self._duties else "",
        }

    def wake(self) -> None:
        """End the waiting in `poll`."""
        with suppress(OSError):  # it is awake already, or closed
            self._mouth.send(b"!")

    def close(self) -> None:
        """Disconnect for good."""
        self._drop()
        for one in (self._ear, self._mouth, self._tap):
            one.close()

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._session, self._duties = None, None, None


def connect(host: str, port: int) -> socket.socket:
    """A connection to the platform. Raises Down."""
    try:
        made = socket.create_connection((host, port), PATIENCE)
    except socket.gaierror:
        text = f"the name {host} cannot be resolved"
        raise Down("dns", text, "check the spelling, the modem and the DNS server") from None
    except OSError as error:
        text = f"{host}:{port} cannot be reached: {error.strerror or error}"
        raise Down("unreachable", text, "check the modem, the address and the platform's firewall") from None
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, HALF_OPEN)
    made.settimeout(PATIENCE)
    return made


def memory_of(settings: Hj212Settings, place: Place) -> Memory:
    """The settings in force: as configured, and as the platform has changed them. Raises Down."""
    configured = {
        "mn": settings.mn,
        "password": secret(settings.password_file) if settings.password_file else "123456",
        "over_time": settings.over_time,
        "re_count": settings.re_count,
        "real_time": settings.real_time,
        "minutes": settings.minutes,
        "key": secret(settings.key_file) if settings.key_file else "",
    }
    return Memory(configured, place.memory)


def voice_of(settings: Hj212Settings, memory: Memory) -> Voice:
    """How we speak to this platform. Raises Down."""
    cipher = None
    if memory["key"]:
        try:
            cipher = Sm4(key_from(memory["key"]))
        except ValueError as error:
            raise Down("settings", f"{settings.key_file}: {error}", "correct the file") from None
        except NoCryptography as error:
            text = f"{settings.host} wants encrypted data: {error}"
            raise Down("settings", text, "install it, or take key_file out") from None
    marks = settings.mark_backlog and not settings.surface_water
    return Voice(memory, settings.voice_edition, settings.confirm == "9014", cipher, settings.ciphertext == "printed", marks)


def _now() -> Now:
    return Now(time.monotonic(), time.time_ns() // 1_000_000)


def _booted() -> int:
    """UTC epoch ms at which this machine was switched on."""
    return time.time_ns() // 1_000_000 - round(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)


Link = Hj212Link
