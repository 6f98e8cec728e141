"""Who is reached how: the YAML file that HUIYIN_RECIPIENTS names. Without it, everything goes to files."""

from __future__ import annotations

import base64
import binascii
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from shared.errors import InvalidInput
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
    """A mail. `address`: where to; for the complainant it is left out, and the vault knows it."""

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
    default: FileEndpoint | ConsoleEndpoint = Field(default=FileEndpoint(sink="file"), discriminator="sink")

    def named(self) -> list[tuple[str, Endpoint]]:
        """Every endpoint with its path in the file."""
        found: list[tuple[str, Endpoint]] = [("default", self.default)]
        if self.complainant is not None:
            found.append(("complainant", self.complainant))
        for kind, group in (("department", self.department), ("role", self.role), ("level", self.level)):
            found += [(f"{kind}.{id}", endpoint) for id, endpoint in group.items()]
        return found


def load_recipients(path: Path | None, *, smtp: bool) -> Recipients:
    """Read the file, and look at once whether everything it needs is there (`smtp`: a mail server is configured).

    Raises `InvalidInput` whose `field` is the path within the file.
    """
    if path is None:
        return Recipients()
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("the recipients file cannot be read", field="recipients", hint=str(path)) from None
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f"line {line + 1}" if line is not None else str(path)
        raise InvalidInput("the recipients file is not YAML", field="recipients", hint=where) from None
    try:
        recipients = Recipients.model_validate(document or {})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise InvalidInput(first["msg"], field=".".join(map(str, first["loc"])) or "recipients") from None
    for name, endpoint in recipients.named():
        _check(name, endpoint, smtp=smtp)
    return recipients


def _check(name: str, endpoint: Endpoint, *, smtp: bool) -> None:
    match endpoint:
        case SmtpEndpoint(address=address):
            if not smtp:
                raise InvalidInput("mail needs a server", field=f"{name}.sink", hint="set HUIYIN_SMTP_URL")
            if address is None and name != "complainant":
                raise InvalidInput("mail to anybody but the complainant needs an address", field=f"{name}.address")
        case WebhookEndpoint():
            secrets(endpoint, name)


def secrets(endpoint: WebhookEndpoint, name: str = "webhook") -> tuple[bytes, ...]:
    """The signing secrets, newest first. Raises `InvalidInput`, never with any part of a secret."""
    found = []
    for key, path in (("secret_file", endpoint.secret_file), ("old_secret_file", endpoint.old_secret_file)):
        if path is None:
            continue
        try:
            written = path.read_text(encoding="ascii").strip().removeprefix("whsec_")
            secret = base64.b64decode(written, validate=True)
        except (OSError, UnicodeDecodeError, binascii.Error):
            raise InvalidInput(
                "the secret cannot be read", field=f"{name}.{key}", hint="a file with whsec_ and base64"
            ) from None
        if not 24 <= len(secret) <= 64:
            raise InvalidInput("a secret has 24 to 64 bytes", field=f"{name}.{key}")
        found.append(secret)
    return tuple(found)
