"""What a service needs that somebody starts by hand beside a running stack: under a debugger, or with other code."""

from __future__ import annotations

from huiyin.embedded.database import postgres
from huiyin.embedded.environment import read_environment
from huiyin.embedded.home import Home
from huiyin.embedded.processes.services import Surroundings, role_passwords, service_variables
from huiyin.embedded.processes.supervisor import running_supervisor
from shared.errors import StackError


def variables_of(home: Home, service: str) -> dict[str, str]:
    """The variables that the stack of this home gives that service, secrets included.

    They come from the supervisor's own environment, not from the caller's. Raises `StackError` where no stack runs, or
    it has no such service.
    """
    supervisor = running_supervisor(home)
    process = supervisor.process() if supervisor else None
    state = home.read_state()
    if process is None or state is None:
        raise StackError(f"nothing is running in {home.path}", hint=f"huiyin up --detach --except {service}")
    if service not in state.services:
        raise StackError(f"the stack in {home.path} has no {service}", hint=f"it has: {', '.join(state.services)}")
    names = tuple(state.services)
    environment = read_environment(process.environ(), names)
    around = Surroundings(
        home=home,
        kafka=state.kafka,
        admin_url=environment.postgres or postgres.admin_url(home),
        passwords=role_passwords(home, names, environment),
        ports={name: int(known.url.rpartition(":")[2]) for name, known in state.services.items()},
        scaled=state.clock is not None,
        inherited=environment.inherited,
    )
    return service_variables(service, around)


def supervised_pid(home: Home, service: str) -> int | None:
    """The pid of that service if the stack of this home runs it itself."""
    state = home.read_state()
    return next((process.pid for process in state.processes if process.name == service), None) if state else None
