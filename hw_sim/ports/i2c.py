"""An I2C bus behind a unix socket, one message a transaction.

Request: address (1 byte), number of bytes to write and to read (2 bytes each, little endian), the bytes to write. Answer: 0 or a
negative errno (4 bytes, little endian), the bytes read. The errno is what a Raspberry Pi's kernel says: 121 where nobody
acknowledges, 110 for a held bus.
"""

import errno
import struct
from collections.abc import Mapping
from pathlib import Path

from hw_sim.instruments.base import Chip, Nack
from hw_sim.line import Line
from hw_sim.loop import Loop
from hw_sim.ports.base import Port
from hw_sim.ports.packets import PacketServer, Reply

REQUEST = struct.Struct("<BHH")
STATUS = struct.Struct("<i")


class I2C(Port):
    """Chips by their address."""

    def __init__(self, loop: Loop, line: Line, chips: Mapping[int, tuple[str, Chip]], path: Path) -> None:
        super().__init__(loop, line, {name: chip for name, chip in chips.values()})
        self._chips = dict(chips)
        self._server = PacketServer(loop, path, self._asked)
        self.address = f"unix:{path}"

    def plug(self) -> None:
        """Listen."""
        self._server.open()

    def pull(self) -> None:
        """The bus is gone."""
        self._server.close()

    def _asked(self, message: bytes, reply: Reply) -> None:
        """One transaction; a message that is none gets EINVAL."""
        if len(message) < REQUEST.size:
            return reply(STATUS.pack(-errno.EINVAL))
        address, written, wanted = REQUEST.unpack_from(message)
        data = message[REQUEST.size :]
        name, chip = self._chips.get(address, ("", None))
        if len(data) != written or address > 0x7F:
            return reply(STATUS.pack(-errno.EINVAL))
        now = self.loop.time()
        if self.line.faults and self.line.take(now, name, ("held",)):
            return reply(STATUS.pack(-errno.ETIMEDOUT))
        if chip is None:
            return reply(STATUS.pack(-errno.EREMOTEIO))
        answer = self._transact(now, name, chip, data, wanted)
        late = self.line.take(now, name, ("late",)) if self.line.faults else None
        if late:
            self.loop.later(late.delay, lambda: reply(answer))
            return None
        return reply(answer)

    def _transact(self, now: float, name: str, chip: Chip, data: bytes, wanted: int) -> bytes:
        counts = self.counts[name]
        counts["received"] += 1
        try:
            if self.line.faults and self.line.take(now, name, ("silence",)):
                raise Nack("silence")
            if data or not wanted:
                chip.write(now, data)
            answer = self.line.read(now, name, chip.read(now, wanted)) if wanted else b""
        except Nack as error:
            counts["refused"] += 1
            return STATUS.pack(-(error.errno or errno.EREMOTEIO))
        counts["sent"] += bool(wanted)
        return STATUS.pack(0) + answer
