"""`python -m services.routing`."""

from services.routing.service import build
from shared.hosting.host import run

run("routing", build)
