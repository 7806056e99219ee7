"""From an error type to what a technician needs: what failed, where, the likely cause, the next step. Two tables: wire, link.

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
        N_("wrong baud rate, another model than configured, or noise on an open line"),
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


LINK_ADVICE: dict[str, Advice] = {
    "dns": Advice(
        N_("the platform's name cannot be resolved"),
        N_("no mobile data, a DNS server that does not answer, or a misspelt host"),
        N_("check modem and SIM, then the spelling of host; `getent hosts NAME` must answer"),
    ),
    "unreachable": Advice(
        N_("the platform cannot be reached"),
        N_("no mobile data, the platform is down, or a firewall in between"),
        N_("check modem and SIM, then host and port with the platform's owner"),
    ),
    "protocol": Advice(
        N_("the other side does not speak as agreed"),
        N_("a wrong port, tls switched wrongly, or another kind of platform"),
        N_("compare port, tls and protocol with what the platform's owner gave"),
    ),
    "settings": Advice(
        N_("a setting of this destination cannot be used"),
        N_("a file that is missing, or a value the platform does not know"),
        N_("correct this [[destination]] in station.toml"),
    ),
    "refused_credentials": Advice(
        N_("the platform does not accept this station"),
        N_("a wrong user name or password, or the station is not registered there"),
        N_("compare username and the password file with what the platform's owner gave"),
    ),
    "not_permitted": Advice(
        N_("the station may not publish or read there"),
        N_("the access rules of the broker lack this station or a topic of the contract"),
        N_("give the platform's owner the access rules in gateway/platform-contract.md"),
    ),
    "taken_over": Advice(
        N_("another client took this station's place"),
        N_("two stations with one id, or a test program left running"),
        N_("give each station an id of its own"),
    ),
    "certificate": Advice(
        N_("the encrypted connection was not accepted"),
        N_("the platform does not know the station's certificate, or it has ended"),
        N_("look at its end with `station status`, have it renewed, and check ca, certificate and key"),
    ),
    "untrusted": Advice(
        N_("the broker's certificate comes from nobody we trust"),
        N_("ca is not the authority that signed it, or somebody stands in between"),
        N_("get the authority's certificate from the platform's owner; do not switch tls off"),
    ),
    "identity": Advice(
        N_("this broker is not the one that was asked for"),
        N_("host is another name than in its certificate, or somebody stands in between"),
        N_("write the name that stands in the broker's certificate as host"),
    ),
    "expired": Advice(
        N_("the broker's certificate has expired"),
        N_("it was not renewed, or the station's clock is ahead"),
        N_("compare the clock in `station status`, then tell the platform's owner"),
    ),
    "not_yet_valid": Advice(
        N_("the broker's certificate is not valid yet"),
        N_("the station's clock is behind"),
        N_("look at the clock in `station status`; set it, or wait for the time service"),
    ),
    "lost": Advice(
        N_("the connection was lost"),
        N_("the mobile network, or the platform was restarted"),
        N_("nothing; it is tried again by itself"),
    ),
    "half_open": Advice(
        N_("the connection stands, but nobody answers"),
        N_("the mobile network dropped it without a word"),
        N_("nothing; it is tried again by itself"),
    ),
    "unconfirmed": Advice(
        N_("records are taken, but none is confirmed"),
        N_("the platform's program behind the broker does not run, or gives no receipts"),
        N_("ask the platform's owner; nothing is lost, it stays owed here"),
    ),
    "internal": Advice(
        N_("a mistake in this program"),
        N_("a case that nobody thought of"),
        N_("send the journal of the gateway to the makers"),
    ),
}
"""Why a destination gets nothing: the kinds of `gateway.link.link.Down`."""


def explain_link(kind: str, destination: str, detail: str) -> str:
    """The same for a destination; `detail` says where, and what was seen."""
    advice = LINK_ADVICE[kind]
    text = _("{where}: {what}. Likely: {cause}. Next: {step}.").format(
        where=destination, what=_(advice.what), cause=_(advice.cause), step=_(advice.step)
    )
    return f"{text} [{detail}]"


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
