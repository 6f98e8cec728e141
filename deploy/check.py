"""`make check`'s last step: are the deployment files right? One line per check; exit code 1 with the reasons otherwise.

Needs no Docker: docker-compose.yml is read by the library `compose-spec`, the Dockerfile by hadolint (a wheel), the
rules by promtool where it is installed. What only a real start can show is not shown here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

from deploy.checks import compose as containers
from deploy.checks import reading, servers, watching

SKIPPED = "skipped: "


def made_secrets() -> set[str]:
    """The files that `deploy/make-secrets` makes, found by running it in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "deploy" / "make-secrets"
        script.parent.mkdir()
        shutil.copy(reading.ROOT / "deploy" / "make-secrets", script)
        subprocess.run([str(script)], check=True, capture_output=True)  # noqa: S603
        made = {str(path.relative_to(folder)) for path in (script.parent / "secrets").iterdir()}
        return made - {"deploy/secrets/.gitignore"}


def tool(name: str, arguments: Sequence[str]) -> list[str]:
    """What a program finds: its output if it fails. One line that says so if it is not installed."""
    beside = Path(sys.executable).parent / name
    path = str(beside) if beside.exists() else shutil.which(name)
    if path is None:
        return [f"{SKIPPED}{name} is not installed"]
    done = subprocess.run([path, *arguments], capture_output=True, text=True, cwd=reading.ROOT, check=False)  # noqa: S603
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return (lines or [f"exit code {done.returncode}"]) if done.returncode else []


def lock_covers_image() -> list[str]:
    """The Dockerfile installs by hash, from the lock file, and runs as nobody in particular."""
    text = (reading.ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    found = [] if re.search(r"--require-hashes.* -r requirements-image\.lock", text) else ["does not install by hash"]
    users = re.findall(r"^USER (\S+)", text, re.MULTILINE)
    if not users or users[-1].split(":")[0] in ("0", "root"):
        found.append("the image runs as root")
    found += [f"{image} names no version" for image in re.findall(r"^FROM (\S+)", text, re.M) if ":" not in image]
    return found


def checks() -> list[tuple[str, Callable[[], list[str]]]]:
    """The checks by name, in the order in which they run."""
    text = reading.COMPOSE.read_text("utf-8")
    form = reading.form_findings(text)
    first: list[tuple[str, Callable[[], list[str]]]] = [("docker-compose.yml: form", lambda: form)]
    if form:
        return first
    compose = reading.read(text)
    prometheus = yaml.safe_load((watching.PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    return [
        *first,
        ("docker-compose.yml: variables are those of shared/settings.py", lambda: containers.variables(compose)),
        ("docker-compose.yml: secrets are files", lambda: containers.secrets(compose, made_secrets())),
        ("docker-compose.yml: containers can do little", lambda: containers.containment(compose)),
        ("docker-compose.yml: order and networks", lambda: containers.order(compose)),
        ("Kafka has the embedded broker's settings", lambda: servers.kafka(compose)),
        ("PostgreSQL has the embedded server's settings", lambda: servers.database(compose)),
        ("Dockerfile: hadolint", lambda: tool("hadolint", ["deploy/Dockerfile"])),
        ("Dockerfile: hashes and user", lock_covers_image),
        ("Prometheus: targets and key", lambda: watching.targets(compose, prometheus)),
        ("Prometheus: rules name metrics that exist", lambda: watching.names(watching.rules())),
        ("Prometheus: rules fire and keep still (promtool)", _promtool),
        ("Grafana: panels name metrics that exist", lambda: watching.names(watching.panels())),
        ("Grafana: ids are unique", watching.unique),
    ]


def _promtool() -> list[str]:
    return tool("promtool", ["test", "rules", "deploy/prometheus/rules_test.yml"])


def main() -> int:
    """Run all checks; returns the exit code."""
    failed = False
    for name, check in checks():
        findings = check()
        skipped = bool(findings) and findings[0].startswith(SKIPPED)
        failed |= bool(findings) and not skipped
        verdict = findings[0] if skipped else "WRONG" if findings else "ok"
        print(f"{name}: {verdict}")
        for finding in findings if verdict == "WRONG" else ():
            print(f"    {finding}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
