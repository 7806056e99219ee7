"""Commands that are signed: whoever can only write to the broker cannot give them.

`arguments` is {"signed": TEXT, "signature": HEX}: TEXT is the JSON object that is meant, HEX the HMAC-SHA256 (RFC 2104) of the
station's id, a line feed and TEXT, all in UTF-8, with the key that platform and station share. The text itself is signed, so
nobody must agree how JSON is written. Whether the number in it is a new one is judged by who keeps the last.
"""

import hashlib
import hmac
import json
from typing import Any

from gateway.requests import BadRequest

SHORTEST = 16
"""Characters of a key; a shorter one could be guessed."""


def signature(text: str, station: str, key: str) -> str:
    """What stands beside `text` for this station."""
    return hmac.new(key.encode(), f"{station}\n{text}".encode(), hashlib.sha256).hexdigest()


def opened(arguments: dict[str, Any], station: str, key: str) -> dict[str, Any]:
    """The object that was signed. Raises BadRequest if it was not, or not with this key for this station."""
    text, told = arguments.get("signed"), arguments.get("signature")
    if len(key) < SHORTEST:
        raise BadRequest(f"the station's key has less than {SHORTEST} characters")
    if not isinstance(text, str) or not isinstance(told, str):
        raise BadRequest("this must be signed: arguments are signed and signature")
    if not hmac.compare_digest(signature(text, station, key).encode(), told.lower().encode()):
        raise BadRequest("the signature is wrong")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadRequest("what was signed is not JSON") from None
    if not isinstance(found, dict):
        raise BadRequest("what was signed is no object")
    return found
