"""The HTTP side that every service has: keys, errors that never echo a value, limits, health, metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import HuiyinError, TooLarge, Unauthorised, Unavailable
from shared.messaging.database import is_passing
from shared.observability import metrics
from shared.observability.health import Check, readiness
from shared.observability.tracing import request_trace
from shared.security.acting import Principal
from shared.security.keys import KeyRing

log = structlog.get_logger(__name__)

OPEN_ROUTES = ("/healthz", "/readyz", "/v1/progress", "/v1/how-to")
"""The only routes that need no key."""

BODY_LIMIT = 256 * 1024
BATCH_LIMIT = 64 * 1024 * 1024


def make_app(service: str, keys: KeyRing, checks: Mapping[str, Check], limits: Mapping[str, int]) -> FastAPI:
    """A FastAPI application with what all services share; `limits` gives other body limits by path."""
    app = FastAPI(title=f"Huiyin {service}", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.keys = keys
    _answer_errors(app)
    app.add_middleware(_Measured, service=service)
    app.add_middleware(_Limited, limits=limits)

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @app.get("/readyz")
    async def ready() -> JSONResponse:
        """Its parts answer: database, broker, lag."""
        well, found = await readiness(checks)
        return JSONResponse({"status": "ready" if well else "not ready", **found}, status_code=200 if well else 503)

    @app.get("/metrics", dependencies=[needs("metrics:read")])
    async def exposition() -> Response:
        """Prometheus text format."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/openapi.json", dependencies=[needs("cases:read")])
    async def description() -> dict[str, Any]:
        """This API as OpenAPI."""
        return app.openapi()

    return app


async def caller_of(request: Request) -> Principal | None:
    """Who calls; None without a key. Raises `Unauthorised` for one that is not known."""
    secret = _secret(request)
    if secret is None:
        return None
    found: Principal = await request.app.state.keys.identify(secret)
    return found


def needs(scope: str) -> Any:
    """A dependency: the caller's key must hold `scope`. Use as `dependencies=[needs("cases:read")]` or a parameter."""

    async def check(request: Request) -> Principal:
        principal = await caller_of(request)
        if principal is None:
            raise Unauthorised("an API key is needed", hint="send it as: Authorization: Bearer hyk_…")
        principal.require(scope)
        return principal

    check.scope = scope  # type: ignore[attr-defined]  # read by the test that enumerates routes
    return Depends(check)


def _secret(request: Request) -> str | None:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and value:
        return value.strip()
    return request.headers.get("x-api-key")


def problem(error: HuiyinError) -> dict[str, Any]:
    """An error as RFC 9457 problem details; never with a submitted value."""
    found: dict[str, Any] = {"type": f"/errors/{error.code}", "title": error.message, "status": error.status}
    if error.field:
        found["field"] = error.field
    if error.hint:
        found["hint"] = error.hint
    return found


def _answer(error: HuiyinError) -> JSONResponse:
    headers = {"Retry-After": "5"} if error.status == 503 else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        problem(error), status_code=error.status, headers=headers, media_type="application/problem+json"
    )


def validation_problems(error: RequestValidationError) -> list[dict[str, str]]:
    """The fields that break the form and why; FastAPI's own answer would echo the values (leak L1)."""
    found = []
    for item in error.errors():
        place = [str(part) for part in item["loc"] if part not in ("body", "query", "path", "header")]
        found.append({"field": ".".join(place) or "body", "message": _message(item)})
    return found


def _message(item: Mapping[str, Any]) -> str:
    # Messages of `value_error` come from our own validators; those of unknown kinds could quote the input.
    if item["type"] in ("json_invalid", "value_error.jsondecode"):
        return "this is not valid JSON"
    if item["type"] in ("enum", "literal_error", "datetime_from_date_parsing", "datetime_parsing"):
        return str(item["msg"]).split(", input")[0]
    return str(item["msg"])


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(HuiyinError)
    async def known(_request: Request, error: HuiyinError) -> JSONResponse:
        return _answer(error)

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        problems = validation_problems(error)
        body = {
            "type": "/errors/invalid-input",
            "title": "the input breaks a rule of form",
            "status": 422,
            "field": problems[0]["field"],
            "errors": problems,
        }
        return JSONResponse(body, status_code=422, media_type="application/problem+json")

    @app.exception_handler(HTTPException)
    async def plain(_request: Request, error: HTTPException) -> JSONResponse:
        body = {"type": "about:blank", "title": str(error.detail), "status": error.status_code}
        return JSONResponse(body, error.status_code, headers=error.headers, media_type="application/problem+json")

    @app.exception_handler(SQLAlchemyError)
    @app.exception_handler(OSError)
    async def away(_request: Request, error: Exception) -> JSONResponse:
        if is_passing(error):
            return _answer(Unavailable("the database does not answer now", hint="try again in a few seconds"))
        log.error("request fails", error=type(error).__name__, exc_info=error)
        return _answer(HuiyinError("something went wrong here; it has been logged"))

    @app.exception_handler(Exception)
    async def unknown(_request: Request, error: Exception) -> JSONResponse:
        log.error("request fails", error=type(error).__name__, exc_info=error)
        return _answer(HuiyinError("something went wrong here; it has been logged"))


class _Limited:
    """Refuses a body over the limit before and while it is read."""

    def __init__(self, app: ASGIApp, limits: Mapping[str, int]) -> None:
        self._app = app
        self._limits = limits
        self._patterns = [(compile_path(path)[0], limit) for path, limit in limits.items() if "{" in path]

    def _limit_of(self, path: str) -> int:
        """The limit of a path; the limits' own paths may have parameters, as routes have."""
        matching = (limit for pattern, limit in self._patterns if pattern.match(path))
        return self._limits.get(path) or next(matching, BODY_LIMIT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        error = TooLarge(f"the body is larger than {limit} bytes", field="body")
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit() or int(length) > limit:
            await _answer(error)(scope, receive, send)
            return
        taken = 0

        async def counted() -> Any:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(413, error.message)
            return message

        await self._app(scope, counted, send)


class _Measured:
    """Counts and times requests by their route, never by their path (which holds case ids); passes on their trace."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def watched(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        header = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
        try:
            with request_trace(header.decode("latin-1")):
                await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            metrics.REQUESTS.labels(service=self._service, route=route, status=str(status)).inc()
            metrics.REQUEST_SECONDS.labels(service=self._service, route=route).observe(time.perf_counter() - started)


Loop = Callable[[], Coroutine[Any, Any, None]]
"""A background loop of a service: runs until it is cancelled."""
