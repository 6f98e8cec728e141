"""TCP ports on loopback: which are free, and which this home has chosen."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Iterable

from huiyin.embedded.home import Home, write_atomically
from shared.errors import StackError

LOOPBACK = "127.0.0.1"
DEFAULT_BASE = 8100
_KAFKA_ABOVE_BASE = 992  # 8100 -> 9092, the port that everybody knows
_FREE_RANGE = (20_000, 32_000)  # below the range that systems give to outgoing connections


def is_free(port: int) -> bool:
    """Whether this process could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(taken: Iterable[int] = ()) -> int:
    """A port that is free now and not among `taken`."""
    avoided = set(taken)
    for _ in range(200):
        port = random.randrange(*_FREE_RANGE)  # noqa: S311
        if port not in avoided and is_free(port):
            return port
    raise StackError("no free port found on 127.0.0.1", hint="stop some of the servers on this machine")


def choose_ports(home: Home, services: tuple[str, ...], base: int | None) -> dict[str, int]:
    """The port of each service and of `kafka` and `controller`; chosen once and kept in `ports.json`.

    `base` None: as before, or the default. `base` 0: free ports. Otherwise services get base+1, base+2, … in order.
    The broker keeps its port for the life of the home, because subscribers elsewhere know it.
    """
    ports = _read(home)
    known = {name: port for name, port in ports.items() if name in services}
    if base == 0 or (base is None and len(known) == len(services)):
        wanted = known
    else:
        first = base or DEFAULT_BASE
        wanted = {name: first + place for place, name in enumerate(services, start=1)}
    ports.update(wanted)
    for name in services:
        if name not in ports:
            ports[name] = free_port(ports.values())
    if "kafka" not in ports:
        well_known = (base or DEFAULT_BASE) + _KAFKA_ABOVE_BASE
        usable = base != 0 and is_free(well_known)
        ports["kafka"] = well_known if usable else free_port(ports.values())
    if "controller" not in ports or not is_free(ports["controller"]):
        ports["controller"] = free_port(ports.values())  # nobody outside knows it: it may change
    write_atomically(home.ports_file, json.dumps(ports, indent=2) + "\n")
    return ports


def require_free(ports: dict[str, int], home: Home) -> None:
    """Raise `StackError` that names the first port that another program listens on."""
    for name, port in ports.items():
        if not is_free(port):
            otherwise = (
                f"remove the line of kafka from {home.ports_file}"
                if name == "kafka"
                else "choose other ports: huiyin up --port-base 8200 (0: any free ones)"
            )
            raise StackError(
                f"port {port} for {name} is taken by another program", hint=f"stop that program, or {otherwise}"
            )


def _read(home: Home) -> dict[str, int]:
    try:
        raw = json.loads(home.ports_file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): int(port) for name, port in raw.items()}
