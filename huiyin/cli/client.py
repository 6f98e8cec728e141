"""How the command line finds a running stack and speaks to its services over HTTP.

Addresses come from `HUIYIN_INTAKE_URL`, `HUIYIN_ROUTING_URL`, `HUIYIN_SLA_URL`, `HUIYIN_NOTIFY_URL`, `HUIYIN_KAFKA` and
`HUIYIN_KEY` where they are set, else from the home folder (`--home`, `HUIYIN_HOME`, ./.huiyin) of a stack that is up.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from huiyin.embedded.environment import StackEnvironment, read_environment
from huiyin.embedded.home import Home, StackState
from shared.errors import (
    Conflict,
    Forbidden,
    HuiyinError,
    InvalidInput,
    NotFound,
    NotYet,
    StackError,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from shared.service_names import SERVICES

TIMEOUT = httpx.Timeout(30.0, connect=5.0)

_BY_STATUS: dict[int, type[HuiyinError]] = {
    401: Unauthorised,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    400: InvalidInput,
    422: InvalidInput,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


class Connection:
    """Where one Huiyin answers. Nothing is looked up before it is asked for."""

    def __init__(self, home: Path | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._home = home

    @cached_property
    def environment(self) -> StackEnvironment:
        """The stack's view of the environment."""
        return read_environment(self._environ, SERVICES)

    @cached_property
    def home(self) -> Home:
        """The home folder, whether or not a stack is up in it."""
        return Home(self._home or self.environment.home)

    @cached_property
    def state(self) -> StackState:
        """The running stack of the home. Raises `StackError` if none is up."""
        # here, because it needs psutil, which an image without the embedded servers does not have
        from huiyin.embedded.processes.supervisor import running_supervisor

        state = self.home.read_state() if running_supervisor(self.home) else None
        if state is None:
            raise StackError(f"no stack is up in {self.home.path}: huiyin up")
        return state

    def url(self, service: str) -> str:
        """The base URL of a service."""
        given = self._environ.get(f"HUIYIN_{service.upper()}_URL")
        if given:
            return given.rstrip("/")
        try:
            return self.state.services[service].url
        except KeyError:
            raise StackError(f"the stack in {self.home.path} has no service {service}") from None

    def kafka(self) -> str:
        """The broker, `host:port`."""
        return self.environment.kafka or self.state.kafka

    def key(self) -> str:
        """The API key: `HUIYIN_KEY`, or the one of the person at this machine, which the home keeps."""
        given = self._environ.get("HUIYIN_KEY")
        if given:
            return given.strip()
        try:
            return Path(self.state.local_key_file or self.home.local_key_file).read_text("utf-8").strip()
        except OSError as error:
            raise StackError(f"the key of this home cannot be read ({error.strerror})", hint="set HUIYIN_KEY") from None

    def open(self, service: str, *, timeout: httpx.Timeout = TIMEOUT) -> Api:
        """An API client of one service; close it, or use it in a `with`."""
        return Api(service, self.url(service), self.key(), timeout)


class Api:
    """One service's API: JSON in and out, its errors as `HuiyinError`s that name the field."""

    def __init__(self, service: str, url: str, key: str, timeout: httpx.Timeout) -> None:
        self.service = service
        self.url = url
        self.http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=timeout,
            trust_env=False,  # a proxy of the machine must never see a complaint on its way to loopback
        )

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.http.close()

    def get(self, path: str, **query: str | int | bool | None) -> Any:
        """The decoded body of a GET; a query value of None is left out."""
        return self._json("GET", path, params={name: value for name, value in query.items() if value is not None})

    def post(self, path: str, body: object) -> Any:
        """The decoded answer to a POST of a JSON body."""
        return self._json("POST", path, json=body)

    def delete(self, path: str, **query: str) -> Any:
        """The decoded answer to a DELETE."""
        return self._json("DELETE", path, params=query)

    def put(self, path: str, body: object) -> Any:
        """The decoded answer to a PUT of a JSON body."""
        return self._json("PUT", path, json=body)

    def send(self, path: str, content: Iterable[bytes], *, file_name: str, **query: str | None) -> Any:
        """The decoded answer to a POST of a file, streamed."""
        name = quote(file_name, safe="")
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        }
        params = {name: value for name, value in query.items() if value is not None}
        return self._json("POST", path, content=content, headers=headers, params=params)

    def download(self, path: str, **query: str) -> Iterator[bytes]:
        """The body of a GET, block by block."""
        try:
            with self.http.stream("GET", path, params=query) as answer:
                raise_for_problem(answer)
                yield from answer.iter_bytes()
        except httpx.TransportError as error:
            raise self.away(error) from None

    def _json(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = self.http.request(method, path, **more)
        except httpx.TransportError as error:
            raise self.away(error) from None
        raise_for_problem(answer)
        return answer.json() if answer.content else None

    def away(self, error: Exception) -> Unavailable:
        """What to raise when the service cannot be reached."""
        return Unavailable(
            f"{self.service} at {self.url} does not answer ({type(error).__name__})", hint="see `huiyin status`"
        )


def raise_for_problem(answer: httpx.Response) -> None:
    """Raise the error of a problem answer (RFC 9457); an answer of success is left alone.

    Several faults come as one error with a line for each: `field: what is wrong`.
    """
    if answer.is_success:
        return
    answer.read()
    kind = _BY_STATUS.get(answer.status_code, HuiyinError)
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise kind(f"the service answers {answer.status_code} without a reason")
    lines = [line for line in map(_line, body.get("errors") or ()) if line]
    hint = body.get("hint")
    if body.get("type") == f"/errors/{NotYet.code}":
        kind = NotYet
    if lines:
        raise kind("\n".join([str(body.get("title", "refused")), *(f"  {line}" for line in lines)]), hint=hint)
    raise kind(str(body.get("title", f"HTTP {answer.status_code}")), field=body.get("field"), hint=hint)


def _line(error: object) -> str:
    if not isinstance(error, dict):
        return str(error)
    message = str(error.get("message") or error.get("title") or error.get("code") or "refused")
    return f"{error['field']}: {message}" if error.get("field") else message
