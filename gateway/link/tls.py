"""TLS: the context from the settings, what a failed handshake means, and when a certificate ends.

The codes are those of OpenSSL's X509_verify_cert (x509_vfy.h). The end of our own certificate is read from its DER (RFC 5280,
4.1): Python's ssl tells it for the other side only.
"""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

from gateway.link.link import Down
from gateway.link.secret import secret_file
from gateway.link.settings import MqttSettings

WARN_DAYS = 30
"""A certificate that ends sooner is told."""

DAY = 86400.0

NOT_YET_VALID, EXPIRED, WRONG_NAME, WRONG_ADDRESS = 9, 10, 62, 64

_UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x17, 0x18, 0xA0


def context(settings: MqttSettings) -> ssl.SSLContext:
    """The other side must prove who it is; we do, if there is a certificate. Raises Down."""
    names = [name for name in (settings.ca, settings.certificate, settings.key) if name]
    try:
        made = ssl.create_default_context(cafile=str(secret_file(settings.ca)) if settings.ca else None)
        if settings.certificate:
            key = str(secret_file(settings.key)) if settings.key else None
            made.load_cert_chain(str(secret_file(settings.certificate)), key)
    except (OSError, ssl.SSLError) as error:
        text = f"a certificate or key cannot be used ({', '.join(names)}): {error}"
        raise Down("certificate", text, "check that these files exist, belong together and are PEM") from None
    return made


def refusal(error: ssl.SSLError, where: str) -> Down:
    """What a failed handshake with `where` means."""
    code = getattr(error, "verify_code", None)
    text = f"{where}: {getattr(error, 'verify_message', None) or error.reason or error}"
    if code == EXPIRED:
        return Down("expired", text, "ask the platform's owner to renew its certificate; check the station's clock")
    if code == NOT_YET_VALID:
        return Down("not_yet_valid", text, "check the station's clock")
    if code in (WRONG_NAME, WRONG_ADDRESS):
        return Down("identity", text, "check host: this broker is not the one that was asked for")
    if code:
        return Down("untrusted", text, "check ca: it must be the authority that signed the broker's certificate")
    return Down("certificate", text, "check port and tls, and that the platform knows the station's certificate")


class Certificates:
    """When our certificate and the other side's end."""

    def __init__(self) -> None:
        self._ends: dict[str, float] = {}
        self._told: dict[str, float] = {}

    def look(self, settings: MqttSettings, channel: object) -> None:
        """A connection was made."""
        ends = {"own": own_end(settings), "broker": peer_end(channel)}
        self._ends = {whose: end for whose, end in ends.items() if end is not None}

    def days(self, utc: float) -> dict[str, int]:
        """Whole days that each is still good for at `utc` (epoch s); negative if it has ended."""
        return {whose: int((end - utc) // DAY) for whose, end in self._ends.items()}

    def warnings(self, utc: float) -> list[tuple[str, int]]:
        """Those that end within `WARN_DAYS`, with the days left: each once a day."""
        due = [(whose, days) for whose, days in self.days(utc).items() if days < WARN_DAYS]
        due = [(whose, days) for whose, days in due if abs(utc - self._told.get(whose, 0.0)) >= DAY]
        self._told |= {whose: utc for whose, _days in due}
        return due


def own_end(settings: MqttSettings) -> float | None:
    """UTC epoch s at which our own certificate ends; None if there is none, or it cannot be read."""
    if not settings.certificate:
        return None
    try:
        text = secret_file(settings.certificate).read_text("ascii")
        begin = text.index("-----BEGIN CERTIFICATE-----")
        last = "-----END CERTIFICATE-----"
        return not_after(ssl.PEM_cert_to_DER_cert(text[begin : text.index(last) + len(last)]))
    except (OSError, ValueError):
        return None


def peer_end(channel: object) -> float | None:
    """UTC epoch s at which the other side's certificate ends, from the socket."""
    if not isinstance(channel, ssl.SSLSocket):
        return None
    end = (channel.getpeercert() or {}).get("notAfter")
    return float(ssl.cert_time_to_seconds(str(end))) if end else None


def not_after(der: bytes) -> float:
    """UTC epoch s at which the certificate ends. Raises ValueError if this is none."""
    try:
        ((_tag, certificate),) = _elements(der)
        _tag, body = next(_elements(certificate))
        fields = [content for tag, content in _elements(body) if tag != _VERSION]
        _serial, _algorithm, _issuer, validity = fields[:4]
        _begin, (tag, end) = _elements(validity)
        form = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}[tag]
        return datetime.strptime(end.decode("ascii"), form).replace(tzinfo=UTC).timestamp()
    except (IndexError, KeyError, StopIteration, ValueError) as error:
        raise ValueError(f"this is no certificate: {error!r}") from None


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The DER elements in `data`: tag and content."""
    at = 0
    while at < len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[at : at + count])
            at += count
        if at + length > len(data):
            raise IndexError("it ends too early")
        yield tag, data[at : at + length]
        at += length
