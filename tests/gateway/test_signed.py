"""Signed commands: who has no key changes nothing."""

import json

import pytest

from gateway import requests
from gateway.commands import Commands
from gateway.signed import opened, signature

KEY = "a key of more than sixteen characters"
TEXT = '{"number": 1, "set": {"station.interval": 30}}'
SIGNATURE = "39959d7cd964b15b7a3462fbd809e72c21703e20d867903ac07eb1c385b53656"
"""printf 'T-1\\n%s' TEXT | openssl dgst -sha256 -hmac KEY"""

SIGNED = {"signed": TEXT, "signature": SIGNATURE}


class FakeLink:
    def __init__(self):
        self.replies = []

    def reply(self, text):
        self.replies.append(json.loads(text))


def test_what_was_signed_is_what_counts():
    assert signature(TEXT, "T-1", KEY) == SIGNATURE
    assert opened(SIGNED | {"set": {"station.interval": 1}}, "T-1", KEY) == json.loads(TEXT)
    assert opened(SIGNED | {"signature": SIGNATURE.upper()}, "T-1", KEY)


@pytest.mark.parametrize(
    ("change", "station", "key", "why"),
    [
        ({"signature": SIGNATURE[:-1] + "7"}, "T-1", KEY, "signature is wrong"),
        ({"signed": TEXT.replace("30", "31")}, "T-1", KEY, "signature is wrong"),
        ({}, "T-2", KEY, "signature is wrong"),
        ({}, "T-1", KEY + "x", "signature is wrong"),
        ({}, "T-1", "short", "16 characters"),
        ({}, "T-1", "", "16 characters"),
        ({"signature": None}, "T-1", KEY, "must be signed"),
        ({"signature": "é"}, "T-1", KEY, "signature is wrong"),
        ({"signed": "[1]", "signature": signature("[1]", "T-1", KEY)}, "T-1", KEY, "no object"),
        ({"signed": "{", "signature": signature("{", "T-1", KEY)}, "T-1", KEY, "not JSON"),
    ],
)
def test_every_other_is_refused(change, station, key, why):
    with pytest.raises(requests.BadRequest, match=why):
        opened(SIGNED | change, station, key)


def command(folder, key_file, arguments):
    link = FakeLink()
    made = Commands(folder, "district", lambda: 0.0, "T-1", key_file)
    made.take(json.dumps({"id": "7", "action": "settings", "arguments": arguments, "who": "cli:root"}), link)
    return link.replies, requests.take(folder)


def test_only_a_named_platform_with_the_key_reaches_acquisition(tmp_path):
    (tmp_path / "remote.key").write_text(KEY + "\n")
    replies, (asked,) = command(tmp_path, str(tmp_path / "remote.key"), SIGNED)
    assert not replies and asked.arguments == json.loads(TEXT) and asked.who == "platform:district"
    for key_file, arguments, why in (
        ("", SIGNED, "does not name"),
        (str(tmp_path / "absent.key"), SIGNED, "cannot be read"),
        (str(tmp_path / "remote.key"), json.loads(TEXT), "must be signed"),
    ):
        (reply,), taken = command(tmp_path, key_file, arguments)
        assert not reply["ok"] and why in reply["error"] and not taken
