"""The session against the simulated platform's own codec, with acknowledgements lost, late, doubled, in garbage, broken off."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.link.hj212.memory import Memory
from gateway.link.hj212.outbox import Dead, Delivered, Now, Upload, Voice
from gateway.link.hj212.session import Session
from hw_sim.platform.hj212_wire import cut, packet, read
from tests.gateway.hj212.test_session import MN, SETTINGS, UTC

FATES = ("ok", "lost", "late", "twice", "garbage", "foreign", "break", "half")
MANY = [*(((f"a{n:05}-Avg", "12.345"), (f"a{n:05}-Flag", "N")) for n in range(45))]


class World:
    """A session, a strict host that stores what it gets, and a clock that only goes when the test says so."""

    def __init__(self, edition, window, fates):
        self.edition = edition
        self.window = window
        self.fates = list(fates)
        self.clock = 0.0
        self.memory = Memory(SETTINGS | {"re_count": 2})
        self.stored, self.arrivals, self.delivered = {}, 0, set()
        self.owed = {}
        self.connect()

    @property
    def now(self):
        return Now(1000.0 + self.clock, UTC + round(self.clock * 1000))

    def connect(self):
        self.session = Session(Voice(self.memory, self.edition), ("22",), frozenset(), (), window=self.window)
        self.buffer, self.later = b"", []
        for key, groups in self.owed.items():
            self.session.upload(Upload(key, "22", "2051", groups, resent=True), self.now)

    def upload(self, key, long):
        self.owed[key] = [(("DataTime", f"201608010{key // 60:01}{key % 60:02}00"),), *(MANY if long else MANY[:2])]
        self.session.upload(Upload(key, "22", "2051", self.owed[key]), self.now)

    def turn(self):
        """Carry bytes both ways, then let a second pass."""
        self.buffer += self.session.outbox.take()
        while self.buffer:
            raw, self.buffer, problem = cut(self.buffer)
            assert not problem and raw, "what a station sends is whole and strict"
            if not self.host(read(raw, self.edition)):
                self.connect()
                break
        for at, data in [one for one in self.later if one[0] <= self.clock]:
            self.later.remove((at, data))
            self.session.receive(data, self.now)
        self.session.tick(self.now)
        for event in self.session.take_events():
            if isinstance(event, Delivered):
                parts = [key for key in self.stored if key[3] == self.owed[event.key][0][0][1]]
                assert parts, "delivered means that the host has it"
                self.delivered.add(event.key)
                del self.owed[event.key]
            elif isinstance(event, Dead):
                self.connect()
                break
        self.clock += 1.0

    def host(self, got):
        """Store and acknowledge; False if the connection breaks here."""
        assert got.problems == [], got.problems
        self.arrivals += 1
        assert self.stored.setdefault(got.key, got.area) == got.area, "the same key never has other data"
        flag = (got.flag >> 2) << 2
        head = f"PW=123456;MN={MN};Flag={flag};CP=&&&&"
        answer = packet(f"QN={got.header['QN']};ST=91;CN=9014;{head}")
        other = packet(f"QN=20200101000000000;ST=91;CN=9014;{head}")
        fate = self.fates.pop() if self.fates else "ok"
        if fate in ("break", "half"):
            self.session.receive(answer[: len(answer) // 2] if fate == "half" else b"", self.now)
            return False
        told = {"lost": b"", "twice": answer * 2, "garbage": b"##0999\xff##01" + answer + b"#", "foreign": other + answer}
        if fate == "late":
            self.later.append((self.clock + 7.0, answer))
        else:
            self.session.receive(told.get(fate, answer), self.now)
        return True


@settings(max_examples=150)
@given(
    st.sampled_from([2017, 2025]),
    st.integers(1, 4),
    st.lists(st.sampled_from(FATES), max_size=40),
    st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=1, max_size=15),
)
def test_everything_arrives_exactly_once_by_its_key(edition, window, fates, uploads):
    world = World(edition, window, fates)
    for key, (long, pause) in enumerate(uploads):
        world.upload(key, long)
        for _ in range(pause):
            world.turn()
    for _ in range(2000):
        if not world.owed:
            break
        world.turn()
    assert world.delivered == set(range(len(uploads))) and not world.owed
    times = {key[3] for key in world.stored}
    assert len(times) == len(uploads)
    for key, (long, _pause) in enumerate(uploads):
        told = [area for (*_head, time, _part), area in world.stored.items() if time.endswith(f"{key // 60:01}{key % 60:02}00")]
        names = [item for area in told for group in area.split(";")[1:] for item in group.split(",")]
        assert len(names) == len(set(names)) == (2 * len(MANY) if long else 4), "every field once, over all packets"


@given(st.binary(max_size=400), st.sampled_from([2017, 2025]))
def test_no_bytes_of_a_platform_crash_a_session(data, edition):
    session = Session(Voice(Memory(SETTINGS), edition), ("22",), frozenset(), ())
    session.receive(data, Now(0.0, UTC))
    session.receive(packet("QN=20160801080000000;ST=22;CN=1061;PW=123456;MN=M;Flag=5;CP=&&")[:-8] + data, Now(0.0, UTC))
    session.tick(Now(1.0, UTC))
    session.take_events()


FIELD = st.text("0123456789=;,&#/-NRtdQNCP\r\n", max_size=30)


@given(st.sampled_from(["1000", "1011", "1012", "1062", "1064", "1072", "2051", "3020", "9014", "9013"]), FIELD)
def test_no_content_of_a_request_crashes_a_session(cn, content):
    able = frozenset(["1012", "2051", "3020"])
    session = Session(Voice(Memory(SETTINGS), 2017), ("22",), able, (1, 10))
    session.receive(packet(f"QN=20160801080000001;ST=22;CN={cn};PW=123456;MN={MN};Flag=5;CP=&&{content}&&"), Now(0.0, UTC))
    out = session.outbox.take()
    assert cn.startswith("90") or b"CN=9011" in out
