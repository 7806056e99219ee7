"""Bytes that a TCP connection has really cost, as the kernel counts them: TLS, retransmissions and headers included."""

import socket
import struct

HEADERS = 40
"""Bytes of IPv4 and TCP header of a segment, without options."""

_ACKED, _RECEIVED, _SEGMENTS, _SENT = 120, 128, 136, 200
"""Offsets in struct tcp_info (linux/tcp.h); bytes_sent is there since Linux 4.19."""


def carried(channel: socket.socket) -> int:
    """Bytes both ways since the connection was made; 0 if the kernel does not say."""
    try:
        found = channel.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    except OSError:
        return 0
    if len(found) < _SEGMENTS + 8:
        return 0
    acked, received = struct.unpack_from("=QQ", found, _ACKED)
    out, into = struct.unpack_from("=II", found, _SEGMENTS)
    sent = struct.unpack_from("=Q", found, _SENT)[0] if len(found) >= _SENT + 8 else acked
    return int(sent + received + HEADERS * (out + into))


class Traffic:
    """Sums up one connection after another."""

    def __init__(self) -> None:
        self._before = 0
        self._now = 0

    def look(self, channel: object) -> None:
        """Count what the present connection has cost so far."""
        if isinstance(channel, socket.socket):
            self._now = max(self._now, carried(channel))

    def renew(self) -> None:
        """Another connection begins."""
        self._before += self._now
        self._now = 0

    @property
    def total(self) -> int:
        """Bytes since the start."""
        return self._before + self._now
