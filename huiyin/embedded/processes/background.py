"""`up --detach`: a supervisor in a session of its own, which reports its start through a pipe and then lets go of it.

The pipe carries one JSON object per line: {"progress": …}, and at the end {"ready": seconds} or
{"error": …, "hint": …}.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import IO

from huiyin.embedded.environment import read_environment
from huiyin.embedded.home import Home
from huiyin.embedded.processes.services import ServiceSpec
from huiyin.embedded.processes.supervisor import SUPERVISOR
from huiyin.embedded.serve import serve, wait_for_end
from huiyin.embedded.up import Options, Running
from shared.errors import HuiyinError, StackError
from shared.service_names import SERVICES


def start_behind(home: Home, options: Options) -> float:
    """Start a supervisor that outlives this process; returns the seconds that the start took once all is ready.

    It makes the contract's topics, whatever `options` names, and reads the environment itself.
    Raises `StackError` with the supervisor's own line if it cannot start.
    """
    home.create()
    reading, writing = os.pipe()
    chosen = {
        "port_base": options.port_base,
        "rate": options.rate,
        "start": options.start.isoformat() if options.start else None,
        "without": sorted(options.without),
        "services": [[spec.name, list(spec.arguments)] for spec in options.services],
    }
    with home.log(SUPERVISOR).open("ab") as output:
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "huiyin.embedded.processes.background", str(writing), json.dumps(chosen)],
            env={**os.environ, "HUIYIN_HOME": str(home.path)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=(writing,),
        )
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as reports:
        return _follow(reports, options.progress, home)


def _follow(reports: IO[str], progress: Callable[[str], None], home: Home) -> float:
    for line in reports:
        report = json.loads(line)
        if "progress" in report:
            progress(report["progress"])
        elif "ready" in report:
            return float(report["ready"])
        else:
            raise StackError(report["error"], hint=report["hint"])
    raise StackError("the supervisor ended while starting", hint=f"its log: {home.log(SUPERVISOR)}")


def main(descriptor: int, chosen: str) -> None:
    """The supervisor itself."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    environment = read_environment(os.environ, SERVICES)
    raw = json.loads(chosen)
    options = Options(
        port_base=raw["port_base"],
        rate=raw["rate"],
        start=datetime.fromisoformat(raw["start"]) if raw["start"] else None,
        without=frozenset(raw["without"]),
        services=tuple(ServiceSpec(name, tuple(arguments)) for name, arguments in raw["services"]),
    )
    pipe = os.fdopen(descriptor, "w", encoding="utf-8", buffering=1)
    os.set_inheritable(descriptor, False)  # the children must not keep the pipe open

    def report(**line: object) -> None:
        try:
            pipe.write(json.dumps(line) + "\n")
        except (BrokenPipeError, ValueError):
            return  # nobody waits for it any more

    def started(running: Running) -> None:
        report(ready=running.seconds)
        pipe.close()

    try:
        serve(
            Home(environment.home),
            replace(options, progress=lambda line: report(progress=line)),
            environment,
            started=started,
            show=wait_for_end,
            stopping=lambda: None,
        )
    except HuiyinError as error:
        report(error=error.message, hint=error.hint)
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
