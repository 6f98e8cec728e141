"""`python -m services.notify`"""

from services.notify.service import build
from shared.hosting.host import run

if __name__ == "__main__":
    run("notify", build)
