"""Reads who is reached how: the YAML file that HUIYIN_RECIPIENTS names. Without it, everything goes to files."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

import yaml
from pydantic import ValidationError

from services.notify.domain.recipients import Endpoint, Recipients, SmtpEndpoint, WebhookEndpoint
from shared.errors import InvalidInput


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
            if address is None and name.partition(".")[0] not in ("complainant", "party"):
                raise InvalidInput(
                    "mail to anybody but a complainant or a party needs an address", field=f"{name}.address"
                )
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
