"""Who is reached how: endpoints by addressee, as configured. Pure: the file is read in `delivery.recipients`."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from shared.procedures.model import Id

Language = Literal["zh", "en"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileEndpoint(_Part):
    """One JSON file for each notice. `contact`: vault fields that the file shows, for a gateway that needs them."""

    sink: Literal["file"]
    language: Language = "zh"
    contact: tuple[Literal["name", "phone", "email", "address"], ...] = ()


class ConsoleEndpoint(_Part):
    """One line on standard output for each notice, without its text."""

    sink: Literal["console"]
    language: Language = "zh"


def _mailbox(value: str) -> str:
    local, at, domain = value.rpartition("@")
    if not (local and at and domain) or any(char.isspace() or char in '<>,;:"()[]\\' for char in value):
        raise ValueError("this is not a mail address")
    return value


class SmtpEndpoint(_Part):
    """A mail. `address`: where to; for the complainant and parties it is left out, and the vault knows it."""

    sink: Literal["smtp"]
    language: Language = "zh"
    address: Annotated[str, AfterValidator(_mailbox)] | None = None


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("this is not an http(s) URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL with a user or a password is not allowed; the signature proves who sends")
    if parts.fragment:
        raise ValueError("a URL with a fragment is not allowed")
    return value


def _network(value: object) -> IPv4Network | IPv6Network:
    try:
        return ip_network(str(value))
    except ValueError:
        raise ValueError("this is not a network, as 10.1.0.0/16") from None


Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]


class WebhookEndpoint(_Part):
    """A signed request (Standard Webhooks 1.0).

    `secret_file` holds `whsec_` and base64 of 24 to 64 bytes; while `old_secret_file` is named too, both sign.
    `allow`: networks inside the organisation that this one endpoint may lie in; else only public addresses over https.
    """

    sink: Literal["webhook"]
    url: Annotated[str, AfterValidator(_url)]
    secret_file: Path
    old_secret_file: Path | None = None
    allow: tuple[Network, ...] = ()
    language: Language = "zh"


Endpoint = Annotated[
    FileEndpoint | ConsoleEndpoint | SmtpEndpoint | WebhookEndpoint,
    Field(discriminator="sink"),
]


class Recipients(_Part):
    """Endpoints by addressee; `default` serves whoever is not named."""

    complainant: FileEndpoint | ConsoleEndpoint | SmtpEndpoint | None = Field(default=None, discriminator="sink")
    department: dict[Id, Endpoint] = {}
    role: dict[Id, Endpoint] = {}
    level: dict[Id, Endpoint] = {}
    party: dict[Id, Annotated[FileEndpoint | ConsoleEndpoint | SmtpEndpoint, Field(discriminator="sink")]] = {}
    default: FileEndpoint | ConsoleEndpoint = Field(default=FileEndpoint(sink="file"), discriminator="sink")

    def named(self) -> list[tuple[str, Endpoint]]:
        """Every endpoint with its path in the file."""
        found: list[tuple[str, Endpoint]] = [("default", self.default)]
        if self.complainant is not None:
            found.append(("complainant", self.complainant))
        for kind, group in (("department", self.department), ("role", self.role), ("level", self.level)):
            found += [(f"{kind}.{id}", endpoint) for id, endpoint in group.items()]
        found += [(f"party.{id}", endpoint) for id, endpoint in self.party.items()]
        return found
