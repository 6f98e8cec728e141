"""`python -m services.intake`: this service as a process."""

from services.intake.service import build
from shared.hosting.host import run

run("intake", build)
