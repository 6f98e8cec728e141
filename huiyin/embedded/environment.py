"""The environment variables of the stack, read in one place. The services' own are in `shared.settings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.errors import StackError

PASSED_ON = (
    "HUIYIN_SMTP_URL",
    "HUIYIN_PUBLIC_URL",
    "HUIYIN_PROCEDURES",
    "HUIYIN_CALENDARS",
    "HUIYIN_LOG_LEVEL",
    "HUIYIN_NOTICE_LATE_SECONDS",
    "HUIYIN_NOTICE_WINDOW_SECONDS",
)
"""Variables that the supervisor hands to every service as they are."""


@dataclass(frozen=True)
class StackEnvironment:
    """What the stack takes from the environment; an absent variable is None."""

    home: Path
    kafka: str | None
    """HUIYIN_KAFKA, `host:port`: a broker that exists, used instead of the embedded one."""
    postgres: str | None
    """HUIYIN_POSTGRES, an administrator's URL: a server that exists, used instead of the embedded one."""
    kafka_libs: Path | None
    """HUIYIN_KAFKA_LIBS: a folder with Kafka's jars, for a machine without a way out."""
    java_home: Path | None
    cache: Path
    """The user's cache folder, shared by all checkouts."""
    passwords: Mapping[str, str]
    """Roles' passwords by service, from the files that HUIYIN_<SERVICE>_PASSWORD_FILE name."""
    keys: Mapping[str, str]
    """Secrets of API keys to be made known by `huiyin provision`, from HUIYIN_LOCAL_KEY_FILE,
    HUIYIN_SERVICE_KEY_FILE and HUIYIN_METRICS_KEY_FILE."""
    inherited: Mapping[str, str]
    """What child processes get: everything but Huiyin's own variables, save `PASSED_ON`."""


def read_environment(environ: Mapping[str, str], services: tuple[str, ...]) -> StackEnvironment:
    """The stack's view of `environ`; an empty variable counts as absent.

    Raises `StackError` naming the variable whose file cannot be read.
    """

    def path(name: str) -> Path | None:
        return Path(environ[name]).expanduser().resolve() if environ.get(name) else None

    def secret(name: str) -> str | None:
        file = path(name)
        try:
            return file.read_text("utf-8").strip() if file else None
        except OSError as error:
            raise StackError(f"the file that {name} names cannot be read ({error.strerror})") from None

    passwords = {service: secret(f"HUIYIN_{service.upper()}_PASSWORD_FILE") for service in services}
    keys = {name: secret(f"HUIYIN_{name.upper()}_KEY_FILE") for name in ("local", "service", "metrics")}
    return StackEnvironment(
        home=path("HUIYIN_HOME") or Path(".huiyin").resolve(),
        kafka=environ.get("HUIYIN_KAFKA") or None,
        postgres=environ.get("HUIYIN_POSTGRES") or None,
        kafka_libs=path("HUIYIN_KAFKA_LIBS"),
        java_home=path("JAVA_HOME"),
        cache=(path("XDG_CACHE_HOME") or Path.home() / ".cache") / "huiyin",
        passwords={service: value for service, value in passwords.items() if value},
        keys={name: value for name, value in keys.items() if value},
        inherited={
            name: value
            for name, value in environ.items()
            if not name.startswith("HUIYIN_") or (name in PASSED_ON and value)
        },
    )
