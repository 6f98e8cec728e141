"""Stop what runs in a home, also when it was another process that started it, and what a killed run has left."""

from __future__ import annotations

import os
import signal

from huiyin.embedded.home import Home
from huiyin.embedded.processes.process import end_recorded, wait_for
from huiyin.embedded.processes.supervisor import SUPERVISOR, running_supervisor
from shared.errors import StackError

PATIENCE_S = 60.0


def stop(home: Home, *, now: bool = False) -> list[str]:
    """End the supervisor with all that it holds, then leftovers; returns the names of what was ended.

    Empty if nothing ran. `now` does not wait for work in hand. Only processes that this home has recorded, and whose
    start time is the recorded one, are ever signalled.
    """
    ended = []
    supervisor = running_supervisor(home)
    if supervisor is not None:
        try:
            os.kill(supervisor.pid, signal.SIGQUIT if now else signal.SIGTERM)
        except PermissionError:
            raise StackError(
                f"the supervisor (pid {supervisor.pid}) belongs to another user", hint="stop it as that user"
            ) from None
        if not wait_for(lambda: running_supervisor(home) is None, PATIENCE_S):
            raise StackError(
                f"the supervisor (pid {supervisor.pid}) does not end", hint="huiyin down --now; or end it by hand"
            )
        ended.append(SUPERVISOR)
    ended += end_recorded(home.run, names=lambda name: name != SUPERVISOR, grace_s=0.0 if now else 10.0)
    home.state_file.unlink(missing_ok=True)
    return ended
