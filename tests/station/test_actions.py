"""What is done about an alarm: a line is switched in order, a picture fetched; a camera that hangs holds nobody up."""

import hashlib
import json
import shutil
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hw_sim.ports.gpio import GpioServer
from station.alarm import actions
from station.alarm.actions import Actions
from station.alarm.settings import Threshold

PICTURE = b"\xff\xd8picture"


class Camera(BaseHTTPRequestHandler):
    """Answers /still, hangs at /hang until it is let go."""

    release = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/hang":
            self.release.wait(30)
            return
        self.send_response(200 if self.path == "/still" else 404)
        self.send_header("Content-Type", "image/jpeg")
        self.end_headers()
        if self.path == "/still":
            self.wfile.write(PICTURE)

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def camera():
    Camera.release.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    Camera.release.set()
    server.shutdown()
    thread.join()
    server.server_close()


def alarm(**more: object) -> Threshold:
    return Threshold(name="hot", channel="climate.temperature", above=30.0, **more)


def told(hands: Actions) -> dict[str, object]:
    end = time.monotonic() + 20
    while not hands.done:
        assert time.monotonic() < end
        time.sleep(0.01)
    return json.loads(hands.done.popleft())


def test_the_record_has_the_hash_of_the_picture(camera: str, tmp_path: Path) -> None:
    hands = Actions(tmp_path / "pictures")
    hands.picture(alarm(snapshot=f"{camera}/still"))
    body = told(hands)
    digest = hashlib.sha256(PICTURE).hexdigest()
    assert (body["code"], body["sha256"], body["bytes"], body["type"]) == ("snapshot", digest, len(PICTURE), "image/jpeg")
    assert (tmp_path / "pictures" / digest).read_bytes() == PICTURE


def test_a_camera_that_fails_or_hangs_is_told_and_holds_nobody_up(
    camera: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "DEADLINE", 0.3)
    hands = Actions(tmp_path / "pictures")
    hands.picture(alarm(snapshot=f"{camera}/none"))
    assert "404" in str(told(hands)["error"])
    begin = time.monotonic()
    hands.picture(alarm(snapshot=f"{camera}/hang"))
    assert time.monotonic() - begin < 0.2
    assert "timed out" in str(told(hands)["error"])


def test_lines_are_switched_in_order_and_a_missing_chip_is_told() -> None:
    folder = Path(tempfile.mkdtemp(prefix="shac-"))
    levels: list[tuple[int, bool]] = []

    def ask(_verb: str, line: int, level: bool) -> bytes:
        levels.append((line, level))
        return b"ok"

    server = GpioServer(folder / "chip", ask)
    server.start()
    hands = Actions(folder / "pictures")
    for on in (True, False, True):
        hands.switch(alarm(output=17, output_port=f"unix:{folder}/chip"), on)
    hands.switch(alarm(output=4, output_port=f"unix:{folder}/none"), True)
    hands.switch(alarm(), True)
    body = told(hands)
    assert (body["code"], body["output"]) == ("output_failed", 4)
    assert levels == [(17, True), (17, False), (17, True)]
    hands.close()
    server.stop()
    shutil.rmtree(folder)
