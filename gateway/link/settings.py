"""What may be configured for a destination. Importing this costs nothing: no network library is touched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from types import MappingProxyType
from typing import NamedTuple

from gateway.link.hj212.factors import UNITS

KINDS = ("interval", "event", "alarm")
"""Kinds of records."""

EVERY = {
    "help": "between two connections, 0 to stay connected; an alarm does not wait",
    "unit": "s",
    "low": 0,
    "high": 86400,
}


EMERGENCY_EVERY = EVERY | {"help": "the same in an emergency"}


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """An MQTT broker. Files hold secrets; none stands in the configuration."""

    host: str = field(metadata={"help": "name or address of the broker"})
    port: int | None = field(default=None, metadata={"help": "1883, with tls 8883", "low": 1, "high": 65535})
    username: str = field(default="", metadata={"help": "user name at the broker"})
    password_file: str = field(
        default="", metadata={"help": "file with the password: a path, or a name in /etc/shanshui/secrets"}
    )
    client_id: str = field(default="", metadata={"help": "shanshui-<station id> if absent"})
    protocol: int = field(
        default=5,
        metadata={"help": "MQTT version; 5 falls back to 4, which is 3.1.1, where the broker has no 5", "choices": (5, 4)},
    )
    confirm: str = field(default="receipt", metadata={"help": "what frees a record", "choices": ("receipt", "puback")})
    in_flight: int = field(default=50, metadata={"help": "records under way at once", "low": 1, "high": 1000})
    patience: float = field(default=30.0, metadata={"help": "until a record is sent again", "unit": "s", "low": 1})
    order: str = field(default="newest", metadata={"help": "of the backlog", "choices": ("newest", "oldest")})
    backlog_rate: float = field(default=100.0, metadata={"help": "of the backlog at most", "unit": "records/s", "low": 0.1})
    batch: int | None = field(
        default=None,
        metadata={"help": "records of the backlog in one compressed message; 50 with receipts, else 1", "low": 1, "high": 500},
    )
    keepalive: int = field(default=30, metadata={"unit": "s", "low": 5, "high": 3600})
    topic: str = field(default="shanshui/v1", metadata={"help": "beginning of every topic"})
    kinds: tuple[str, ...] = field(default=(), metadata={"help": "kinds of records; all if absent", "choices": KINDS})
    channels: tuple[str, ...] = field(
        default=(), metadata={"help": "only INSTRUMENT.QUANTITY, INSTRUMENT.* or QUANTITY; all channels if absent"}
    )
    monthly_mb: float = field(
        default=0.0, metadata={"help": "bytes of a metered SIM, 0 for no limit", "unit": "MB/month", "low": 0}
    )
    interface: str = field(default="", metadata={"help": "network interface that is counted; the connection itself if absent"})
    every: int = field(default=0, metadata=EVERY)
    emergency_every: int = field(default=0, metadata=EMERGENCY_EVERY)
    tls: bool = field(default=False, metadata={"help": "encrypt"})
    ca: str = field(default="", metadata={"help": "file of the authority's certificate; the system's if absent"})
    certificate: str = field(default="", metadata={"help": "file of the station's own certificate"})
    key: str = field(default="", metadata={"help": "file of its private key: a path, or a name in /etc/shanshui/secrets"})

    @property
    def batches(self) -> int:
        """Records in one message: a platform that gives no receipts may not know batches either."""
        return self.batch or (50 if self.confirm == "receipt" else 1)


@dataclass(frozen=True, slots=True)
class Hj212Factor:
    """`[[destination.factor]]`: what the platform has agreed to take, in writing, and how."""

    code: str = field(metadata={"help": "the platform's code, such as a34004", "pattern": r"[A-Za-z0-9]{2,8}"})
    channel: str = field(metadata={"help": "INSTRUMENT.QUANTITY, or QUANTITY of whichever instrument has it"})
    unit: str | None = field(default=None, metadata={"help": "unit; the table's if absent", "choices": tuple(UNITS)})
    decimals: int | None = field(default=None, metadata={"help": "digits behind the point", "low": 0, "high": 6})
    st: str = field(default="", metadata={"help": "system code, if not the destination's", "pattern": r"\d{2}|"})
    serial: str = field(default="", metadata={"help": "serial number of the instrument, for command 3019"})
    information: tuple[str, ...] = field(default=(), metadata={"help": 'parameters for command 3020, such as "i13001=0-1000"'})


@dataclass(frozen=True, slots=True)
class Hj212Settings:
    """A platform that speaks HJ 212 over TCP. What the standard leaves open is asked of its owner and set here."""

    host: str = field(metadata={"help": "name or address of the platform"})
    port: int = field(metadata={"help": "its port", "low": 1, "high": 65535})
    mn: str = field(
        metadata={
            "help": "the station's number, from the platform; empty if it assigns one (2025)",
            "pattern": r"[0-9A-Za-z_]{0,24}",
        }
    )
    password_file: str = field(default="", metadata={"help": "file with the password of 6 characters; 123456 if absent"})
    st: str = field(default="", metadata={"help": "system code of everything; by factor if absent", "pattern": r"\d{2}|"})
    edition: int = field(default=2017, metadata={"help": "edition of the standard", "choices": (2017, 2025)})
    confirm: str = field(
        default="9014",
        metadata={
            "help": "what frees a record; written if the host never answers: what is under way when the line breaks is lost then",
            "choices": ("9014", "written"),
        },
    )
    over_time: int = field(default=10, metadata={"help": "until an upload is sent again", "unit": "s", "low": 1, "high": 99})
    re_count: int = field(default=3, metadata={"help": "times that an upload is sent again", "low": 0, "high": 99})
    real_time: int = field(
        default=60, metadata={"help": "between real-time data, 0 for none", "unit": "s", "low": 0, "high": 3600}
    )
    minutes: int = field(default=0, metadata={"help": "length of minute data in min; 0 as they are stored", "low": 0, "high": 30})
    hours: bool = field(default=True, metadata={"help": "send hourly data (2061)"})
    days: bool = field(default=True, metadata={"help": "send daily data (2031)"})
    order: str = field(default="oldest", metadata={"help": "of the backlog", "choices": ("oldest", "newest")})
    backlog_rate: float = field(default=100.0, metadata={"help": "of the backlog at most", "unit": "records/s", "low": 0.1})
    window: int = field(default=1, metadata={"help": "uploads under way at once", "low": 1, "high": 40})
    missing: str = field(default="mark", metadata={"help": "a value that is missing", "choices": ("mark", "leave_out")})
    noise_marks: bool = field(default=False, metadata={"help": "send a mark with noise levels too"})
    alarms: str = field(
        default="log",
        metadata={"help": "alarms as lines of the log (3020), as events of 2005 (2072), not", "choices": ("log", "2072", "none")},
    )
    metrics: str = field(
        default="none", metadata={"help": "metrics as lines of the log (3020), or not", "choices": ("log", "none")}
    )
    every: int = field(default=0, metadata=EVERY)
    emergency_every: int = field(default=0, metadata=EMERGENCY_EVERY)
    emergency_real_time: int = field(
        default=30,
        metadata={"help": "between real-time data in an emergency, if that is less", "unit": "s", "low": 1, "high": 3600},
    )
    samples: str = field(
        default="log",
        metadata={
            "help": "a laboratory's values as lines of the log (3020), as real-time data with mark S (2011, only 2017), or not",
            "choices": ("log", "2011", "none"),
        },
    )
    noise_minutes: int = field(
        default=0, metadata={"help": "length of single noise measurements (2052, 2025) in min; 0 for none", "low": 0, "high": 60}
    )
    surface_water: bool = field(
        default=False, metadata={"help": "the protocol of surface water stations: Flag 8 and 9, no RF, its own 2062"}
    )
    equipment: tuple[str, ...] = field(default=(), metadata={"help": "instruments reported as SB1, SB2 and so on"})
    clock: str = field(
        default="refuse", metadata={"help": "when the platform sets the clock", "choices": ("refuse", "step", "slew")}
    )
    ask_clock: bool = field(default=False, metadata={"help": "ask the platform for the time while ours is not trusted"})
    heartbeat: int = field(
        default=0, metadata={"help": "between heartbeats (9015), 0 for none", "unit": "s", "low": 0, "high": 3600}
    )
    key_file: str = field(default="", metadata={"help": "file with the SM4 key of 2025; not encrypted if absent"})
    key_days: int = field(default=0, metadata={"help": "age at which a new key is asked for, 0 for never", "low": 0, "high": 90})
    mark_backlog: bool = field(
        default=True, metadata={"help": "RF=1 with a backlog; edition 2025 only, not for the water protocol"}
    )
    ciphertext: str = field(default="raw", metadata={"help": "form of encrypted data", "choices": ("raw", "printed")})
    monthly_mb: float = field(
        default=0.0, metadata={"help": "bytes of a metered SIM, 0 for no limit", "unit": "MB/month", "low": 0}
    )
    interface: str = field(default="", metadata={"help": "network interface that is counted; the connection itself if absent"})
    factor: tuple[Hj212Factor, ...] = field(default=(), metadata={"help": "the factors agreed on; every known one if absent"})

    @property
    def voice_edition(self) -> int:
        """Edition by the version bits of Flag: surface water stations say the same as 2025."""
        return 2025 if self.surface_water else self.edition

    @property
    def in_flight(self) -> int:
        """Records handed to the link at once: as many as the longest minute interval has in an emergency, and some."""
        return 240

    @property
    def patience(self) -> float:
        """s until the courier sends a record again: the link does that itself."""
        return inf


class LinkKind(NamedTuple):
    """A kind of link: what may be set, and the module that has its class `Link`."""

    settings: type
    module: str


LINKS: Mapping[str, LinkKind] = MappingProxyType(
    {"mqtt": LinkKind(MqttSettings, "gateway.link.mqtt"), "hj212": LinkKind(Hj212Settings, "gateway.link.hj212.link")}
)
