"""The recipients file: what it may hold, and errors that name the place and never a secret."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from services.notify.delivery.recipients import load_recipients, secrets
from services.notify.domain.recipients import WebhookEndpoint
from shared.errors import InvalidInput


def _write(folder: Path, text: str) -> Path:
    path = folder / "recipients.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _secret(folder: Path, size: int = 32, name: str = "secret") -> Path:
    path = folder / name
    path.write_text("whsec_" + base64.b64encode(b"k" * size).decode() + "\n", encoding="ascii")
    return path


def test_without_a_file_everything_goes_to_files() -> None:
    recipients = load_recipients(None, smtp=False)

    assert [endpoint.sink for _, endpoint in recipients.named()] == ["file"]


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    text = f"""
complainant: {{sink: smtp}}
department:
  water: {{sink: webhook, url: 'https://water.example/hook', secret_file: {_secret(tmp_path)}, allow: [10.1.0.0/16]}}
role:
  chief: {{sink: smtp, address: chief@example.com, language: en}}
level:
  head: {{sink: console}}
default: {{sink: file, contact: [phone]}}
"""
    recipients = load_recipients(_write(tmp_path, text), smtp=True)

    assert [(name, endpoint.sink) for name, endpoint in recipients.named()] == [
        ("default", "file"),
        ("complainant", "smtp"),
        ("department.water", "webhook"),
        ("role.chief", "smtp"),
        ("level.head", "console"),
    ]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("complainant: {sink: smtp}", "complainant.sink"),
        ("complainant: {sink: pigeon}", "complainant"),
        ("complainant: {sink: webhook, url: 'https://x.example', secret_file: s}", "complainant"),
        ("departments: {}", "departments"),
        ("department: {Water: {sink: file}}", "department.Water.[key]"),
        ("department: {water: {sink: file, colour: red}}", "department.water.file.colour"),
        ("role: {chief: {sink: smtp, address: 'chief'}}", "role.chief.smtp.address"),
        ("role: {chief: {sink: webhook, url: 'ftp://x.example', secret_file: s}}", "role.chief.webhook.url"),
        ("role: {chief: {sink: webhook, url: 'https://u:p@x.example', secret_file: s}}", "role.chief.webhook.url"),
        (
            "role: {chief: {sink: webhook, url: 'https://x.example', secret_file: s, allow: [10]}}",
            "role.chief.webhook.allow.0",
        ),
        ("role: {chief: {sink: webhook, url: 'https://x.example', secret_file: /nowhere}}", "role.chief.secret_file"),
        ("default: {sink: smtp}", "default"),
        ("[1, 2]", "recipients"),
        ("a: [", "recipients"),
    ],
)
def test_a_mistake_is_named_by_its_path(text: str, field: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_recipients(_write(tmp_path, text), smtp=False)

    assert caught.value.field == field


def test_mail_to_anybody_but_the_complainant_needs_an_address(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_recipients(_write(tmp_path, "role: {chief: {sink: smtp}}"), smtp=True)

    assert caught.value.field == "role.chief.address"


@pytest.mark.parametrize("size", [0, 1, 23, 65, 200])
def test_a_secret_that_is_too_short_or_too_long_is_refused(size: int, tmp_path: Path) -> None:
    endpoint = WebhookEndpoint(sink="webhook", url="https://x.example", secret_file=_secret(tmp_path, size))

    with pytest.raises(InvalidInput) as caught:
        secrets(endpoint)

    assert "kkk" not in str(caught.value)


def test_while_a_secret_is_changed_both_are_known_the_new_one_first(tmp_path: Path) -> None:
    new, old = _secret(tmp_path, 24, "new"), _secret(tmp_path, 64, "old")
    endpoint = WebhookEndpoint(sink="webhook", url="https://x.example", secret_file=new, old_secret_file=old)

    assert [len(secret) for secret in secrets(endpoint)] == [24, 64]
