"""deploy/make-secrets: random, for their owner only, and never made twice."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.checks import reading


def run(folder: Path) -> str:
    script = folder / "deploy" / "make-secrets"
    if not script.exists():
        script.parent.mkdir(parents=True)
        shutil.copy(reading.ROOT / "deploy" / "make-secrets", script)
    return subprocess.run([str(script)], check=True, capture_output=True, text=True, cwd="/").stdout


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("ascii") for path in (folder / "deploy" / "secrets").iterdir()}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    run(tmp_path)
    return tmp_path


def test_every_file_can_be_read_by_its_owner_only(made: Path) -> None:
    folder = made / "deploy" / "secrets"

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_no_two_secrets_are_alike_here_or_elsewhere(made: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    run(other)

    values = [*contents(made).values(), *contents(other).values()]
    assert len(set(values)) == len(values)
    assert min(len(value) for value in values) > 40


def test_a_second_run_changes_nothing(made: Path) -> None:
    before, environment = contents(made), (made / ".env").read_text("ascii")

    emitted = run(made)

    assert contents(made) == before
    assert (made / ".env").read_text("ascii") == environment
    assert "made" not in emitted


def test_a_new_password_takes_its_pgpass_file_with_it(made: Path) -> None:
    before = contents(made)
    (made / "deploy" / "secrets" / "sla.password").unlink()

    run(made)

    after = contents(made)
    assert after["sla.pgpass"] == f"postgres:5432:huiyin_sla:huiyin_sla:{after['sla.password']}"
    assert after["sla.password"] != before["sla.password"]
    assert {name for name in after if after[name] != before[name]} == {"sla.password", "sla.pgpass"}


def test_keys_have_the_form_that_the_services_expect(made: Path) -> None:
    secrets = contents(made)

    assert len(base64.b64decode(secrets["vault.key"], validate=False)) == 32
    assert all(secrets[f"{name}.key"].startswith("hyk_") for name in ("local", "service", "metrics"))


def test_what_is_in_env_already_stays(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HUIYIN_UID=4711\nHUIYIN_SMTP_URL=smtp://host\n", encoding="ascii")

    run(tmp_path)

    lines = (tmp_path / ".env").read_text("ascii").splitlines()
    assert lines[:2] == ["HUIYIN_UID=4711", "HUIYIN_SMTP_URL=smtp://host"]
    assert [line.partition("=")[0] for line in lines[2:]] == ["HUIYIN_GID"]


def test_compose_can_be_read_with_what_the_script_writes(made: Path) -> None:
    environment = dict(line.split("=", 1) for line in (made / ".env").read_text("ascii").splitlines())

    assert set(environment) == set(reading.MADE_BY_SECRETS)
    assert "0" not in environment.values()
    assert "${" not in reading.interpolated(reading.COMPOSE.read_text("utf-8"), environment).split("services:", 1)[1]
