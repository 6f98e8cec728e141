"""Every setting in one place. Read from the environment (prefix `HUIYIN_`) once, at the start of a process.

The embedded stack, docker-compose.yml and the Kubernetes files set these very names, so that one table describes all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_PORTS: dict[str, int] = {"intake": 8101, "routing": 8102, "sla": 8103, "notify": 8104}


class ServiceSettings(BaseSettings):
    """What one service process needs. `database` is a SQLAlchemy URL (postgresql+asyncpg://…) of its own database."""

    model_config = SettingsConfigDict(env_prefix="HUIYIN_", extra="ignore")

    role: Literal["api", "worker", "all"] = "all"
    host: str = "127.0.0.1"
    port: int = 0
    database: str = ""
    kafka: str = "127.0.0.1:9092"
    clock: Path | None = Field(default=None, description="clock file; absent: the real time")
    procedures: Path | None = Field(default=None, description="folder of further procedure files")
    calendars: Path | None = Field(default=None, description="folder of further calendar files")
    log_level: str = "INFO"

    # identity vault (intake): 32-byte master key, base64, in a file that only the service can read
    vault_key_file: Path | None = None

    # notify: how it reaches intake's vault, and where notices go
    intake_url: str = "http://127.0.0.1:8101"
    public_url: str | None = Field(default=None, description="where complainants reach intake; in links of notices")
    service_key: SecretStr = Field(default=SecretStr(""), description="API key for calls between services")
    service_key_file: Path | None = None
    notices: Path | None = Field(default=None, description="folder of the file sink")
    smtp_url: SecretStr | None = Field(default=None, description="smtp://user:password@host:port?from=address")
    notice_late_seconds: float = Field(
        default=60.0,
        ge=0,
        description="a step later than this (real seconds) waits, to be delivered with others",
    )
    notice_window_seconds: float = Field(
        default=3.0, ge=0, le=60, description="for how long at least, at most ten times that; 0: not at all"
    )
    recipients: Path | None = Field(default=None, description="YAML: which addressee is reached how")

    def key(self) -> str:
        """The API key for calls between services: from the file where one is named, else from the variable."""
        if self.service_key_file is not None:
            return self.service_key_file.read_text(encoding="ascii").strip()
        return self.service_key.get_secret_value()
