"""`python -m services.sla`."""

from services.sla.service import build
from shared.hosting.host import run

run("sla", build)
