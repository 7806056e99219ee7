"""From an error type to what a technician needs: what failed, where, the likely cause, the next step. One table.

English is the gettext message; Chinese stands in `locale/zh_CN`.
"""

from dataclasses import dataclass

from drivers.errors import WireError
from station.words import N_, _


@dataclass(frozen=True, slots=True)
class Advice:
    """What it means, why it usually happens, what to do."""

    what: str
    cause: str
    step: str


ADVICE: dict[str, Advice] = {
    "timeout": Advice(
        N_("no answer"),
        N_("no power, a loose or swapped wire (A/B, TX/RX), another address or speed"),
        N_("check 5 V or 12 V at the sensor, swap A and B once, compare address and baud with station.toml"),
    ),
    "checksum": Advice(
        N_("the checksum does not fit"),
        N_("noise on the line, a missing ground wire, two devices with one address"),
        N_("connect the grounds, shorten the cable, disconnect the other devices of this bus one by one"),
    ),
    "header": Advice(
        N_("bytes arrive, but no frame of this device"),
        N_("another model than configured, or a wrong speed"),
        N_("read the label on the sensor and compare driver and baud with station.toml"),
    ),
    "wrong_speed": Advice(
        N_("only garbage arrives"),
        N_("wrong baud rate, or noise on an open line"),
        N_("compare baud with the sensor's manual; check the ground wire"),
    ),
    "length": Advice(
        N_("the frame has the wrong length"),
        N_("another model or firmware than configured"),
        N_("read the label on the sensor and compare driver with station.toml"),
    ),
    "truncated": Advice(
        N_("the frame ends too early"),
        N_("a loose contact, or the supply breaks down while it answers"),
        N_("check the plug and the supply voltage under load"),
    ),
    "foreign": Advice(
        N_("another device or an earlier question was answered"),
        N_("two devices with one address, or a reply that comes too late"),
        N_("give each device its own address; disconnect the others one by one"),
    ),
    "echo": Advice(
        N_("we hear ourselves"),
        N_("the RS-485 adapter echoes, or TX is wired to RX"),
        N_("set echo = true for this bus, or check the wiring"),
    ),
    "device_fault": Advice(
        N_("the device answers that it cannot"),
        N_("a register it does not have, a part of it is broken, or another firmware"),
        N_("compare the model with station.toml; read the status with `station read NAME --raw`"),
    ),
    "low_supply": Advice(
        N_("the device says that its supply is too low"),
        N_("a long thin cable or a weak supply"),
        N_("measure the voltage at the sensor while it works"),
    ),
    "warm_up": Advice(
        N_("the device is warming up"),
        N_("it was switched on a short time ago"),
        N_("wait; `station drivers` tells how long"),
    ),
    "not_started": Advice(
        N_("the device is not measuring yet"),
        N_("it was switched on a short time ago"),
        N_("wait ten seconds and read again"),
    ),
    "port": Advice(
        N_("the port cannot be used"),
        N_("the adapter is unplugged, another program holds the port, or this user may not open it"),
        N_("plug it in again; `ls -l /dev/serial/by-path`; add the user to the group dialout (or i2c)"),
    ),
}


def explain(error: WireError, where: str) -> str:
    """One line for a technician: what, where, likely cause, next step, and the evidence."""
    advice = ADVICE[error.reason]
    text = _("{where}: {what}. Likely: {cause}. Next: {step}.").format(
        where=where, what=_(advice.what), cause=_(advice.cause), step=_(advice.step)
    )
    evidence = str(error) if str(error) != error.reason else ""
    received = error.raw[-40:].hex(" ") if error.raw else ""
    parts = [part for part in (evidence, received and _("received: {bytes}").format(bytes=received)) if part]
    return text + (f" [{'; '.join(parts)}]" if parts else "")
