"""The image has no embedded servers in it: what it runs must not need their libraries."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

from deploy.checks import reading
from shared.service_names import SERVICES

EMBEDDED = {
    re.split(r"[=<>]", line)[0].replace("-", "_")
    for line in tomllib.loads((reading.ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"][
        "embedded"
    ]
}
WITHOUT = f"""
import importlib, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {EMBEDDED!r}:
            raise ModuleNotFoundError(f"{{name}} is not in the image", name=name)
sys.meta_path.insert(0, Absent())
importlib.import_module(sys.argv[1])
"""


@pytest.mark.parametrize(
    "module",
    ["huiyin.main", "huiyin.cli.client", "huiyin.cli.databases", "huiyin.embedded.provision", "shared.hosting.host"]
    + [f"services.{name}.service" for name in SERVICES],
)
def test_what_the_image_runs_can_be_imported_without_the_embedded_servers(module: str) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT, module], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_the_images_lock_has_none_of_their_libraries() -> None:
    locked = re.findall(r"^([\w.-]+)==", (reading.ROOT / "requirements-image.lock").read_text("utf-8"), re.MULTILINE)

    assert not {name.replace("-", "_") for name in locked} & EMBEDDED


def test_only_what_is_installed_reaches_the_build() -> None:
    ignored = (reading.ROOT / ".dockerignore").read_text("utf-8").splitlines()
    dockerfile = (reading.ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    }

    assert "*" in ignored
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == copied
