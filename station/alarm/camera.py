"""A camera's picture by HTTP. Apart from `actions.py`, so that a station without a camera does not load an HTTP client."""

import time
import urllib.request
from http.client import HTTPException
from urllib.parse import urlsplit

LARGEST = 4_000_000
"""Bytes of a picture at most."""


def host(address: str) -> str | None:
    """Who is asked."""
    return urlsplit(address).hostname


def fetch(address: str, deadline: float) -> tuple[bytes, str]:
    """The bytes at an http address and their media type, until `deadline` (monotonic s). Raises OSError or ValueError."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a camera stands in the station's own network
    try:
        with direct.open(address, timeout=max(0.1, deadline - time.monotonic())) as answer:
            kind = str(answer.headers.get_content_type())
            data = bytearray()
            while part := answer.read1(65536):
                data += part
                if len(data) > LARGEST:
                    raise ValueError("the picture is too large")
                if time.monotonic() > deadline:
                    raise TimeoutError("the camera takes too long")
    except HTTPException as error:
        raise OSError(f"no HTTP answer: {error!r}") from None
    if not data:
        raise ValueError("the camera sent nothing")
    return bytes(data), kind
