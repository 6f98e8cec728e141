"""The services of the system, by name."""

from __future__ import annotations

from typing import Literal

SERVICES = ("intake", "routing", "sla", "notify")
ServiceName = Literal["intake", "routing", "sla", "notify"]
