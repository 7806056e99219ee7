"""What may be configured for a destination. Importing this costs nothing: no network library is touched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """An MQTT broker. Files hold secrets; none stands in the configuration."""

    host: str = field(metadata={"help": "name or address of the broker"})
    port: int | None = field(default=None, metadata={"help": "1883, with tls 8883", "low": 1, "high": 65535})
    username: str = field(default="", metadata={"help": "user name at the broker"})
    password_file: str = field(default="", metadata={"help": "file with the password; bare names are systemd credentials"})
    client_id: str = field(default="", metadata={"help": "shanshui-<station id> if absent"})
    protocol: int = field(default=5, metadata={"help": "MQTT version, 4 for 3.1.1", "choices": (5, 4)})
    confirm: str = field(default="receipt", metadata={"help": "what frees a record", "choices": ("receipt", "puback")})
    in_flight: int = field(default=50, metadata={"help": "records under way at once", "low": 1, "high": 1000})
    patience: float = field(default=30.0, metadata={"help": "until a record is sent again", "unit": "s", "low": 1})
    order: str = field(default="newest", metadata={"help": "of the backlog", "choices": ("newest", "oldest")})
    keepalive: int = field(default=30, metadata={"unit": "s", "low": 5, "high": 3600})
    topic: str = field(default="shanshui/v1", metadata={"help": "beginning of every topic"})
    tls: bool = field(default=False, metadata={"help": "encrypt"})
    ca: str = field(default="", metadata={"help": "file of the authority's certificate; the system's if absent"})
    certificate: str = field(default="", metadata={"help": "file of the station's own certificate"})
    key: str = field(default="", metadata={"help": "file of its private key"})


class LinkKind(NamedTuple):
    """A kind of link: what may be set, and the module that has its class `Link`."""

    settings: type
    module: str


LINKS: Mapping[str, LinkKind] = MappingProxyType({"mqtt": LinkKind(MqttSettings, "gateway.link.mqtt")})
