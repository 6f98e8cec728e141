"""One service as one process. `HUIYIN_ROLE` chooses its parts: `api`, `worker`, or `all`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
import uvicorn
import uvloop
from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.business_time.clock import Clock, open_clock
from shared.errors import HuiyinError
from shared.events.topics import Topic
from shared.hosting.http import Loop, make_app
from shared.hosting.reloading import Folders, Rules
from shared.messaging.database import open_database
from shared.messaging.housekeeping import keep_house
from shared.messaging.inbox.processor import Handler, Processor
from shared.messaging.kafka.consumer import TopicConsumer
from shared.messaging.outbox import Outbox
from shared.messaging.outbox.relay import Relay
from shared.observability import metrics
from shared.observability.health import Check
from shared.observability.logging import set_up_logging
from shared.procedures.loader import Library
from shared.security.keys import KeyRing
from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)

_DRAIN_SECONDS = 8.0


@dataclass(frozen=True)
class Context:
    """What a service is given to build itself from."""

    name: str
    settings: ServiceSettings
    engine: AsyncEngine
    clock: Clock
    library: Library
    calendars: Mapping[str, Any]
    outbox: Outbox
    """Opens the transactions that append events."""


@dataclass(frozen=True)
class Service:
    """What a service is made of. `topics` are what it reads, `batch` how many events it takes in one transaction at
    most; `limits` are body limits of single paths."""

    routers: Sequence[APIRouter] = ()
    topics: Sequence[Topic] = ()
    handler: Handler | None = None
    batch: int = 500
    loops: Sequence[Loop] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    close: Callable[[], Any] | None = None


def run(name: str, build: Callable[[Context], Service]) -> None:
    """Run a service until SIGTERM or SIGINT; settings come from the environment."""
    settings = ServiceSettings()
    set_up_logging(name, settings.log_level)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_Host(name, settings, build).run())
    except HuiyinError as error:
        log.critical("cannot start", error=error.message, field=error.field, hint=error.hint)
        raise SystemExit(1) from None


class _Host:
    def __init__(self, name: str, settings: ServiceSettings, build: Callable[[Context], Service]) -> None:
        self._name = name
        self._settings = settings
        self._build = build
        self._stop = asyncio.Event()

    async def run(self) -> None:
        settings, name = self._settings, self._name
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self._stop.set)
        engine = open_database(settings.database)
        clock = open_clock(settings.clock)
        outbox = Outbox(engine)
        rules = Rules(Folders(settings.calendars, settings.procedures), name)
        context = Context(name, settings, engine, clock, rules.library, rules.calendars, outbox)
        service = self._build(context)
        works = settings.role in ("worker", "all")
        relay = Relay(engine, settings.kafka, clock, service=name, outbox=outbox)
        consumer = self._consumer(context, service) if works and service.handler and service.topics else None
        server = self._server(service, engine, consumer)
        tasks = [asyncio.create_task(server.serve(), name="http")]
        tasks.append(asyncio.create_task(relay.run(), name="relay"))
        tasks.append(asyncio.create_task(rules.watch(), name="rules"))
        try:
            if consumer is not None:
                await consumer.start()
                tasks.append(asyncio.create_task(consumer.watch(), name="consumer"))
                tasks.append(asyncio.create_task(_measure_lag(name, consumer), name="lag"))
            if works:
                tasks.append(asyncio.create_task(keep_house(engine, clock), name="housekeeping"))
                tasks += [asyncio.create_task(work(), name=f"loop {i}") for i, work in enumerate(service.loops)]
            # Modules, procedures and calendars live as long as the process: a full collection that looks at them again
            # and again stops everything for a tenth of a second each time.
            gc.collect()
            gc.freeze()
            log.info("started", role=settings.role, port=settings.port)
            await self._until_stopped(tasks)
        finally:
            await self._drain(server, consumer, relay, tasks, service, engine)

    def _consumer(self, context: Context, service: Service) -> TopicConsumer:
        assert service.handler is not None  # noqa: S101  (the caller looked)
        processor = Processor(context.outbox, context.name, context.clock, service.handler)
        return TopicConsumer(
            f"huiyin-{context.name}.v1",
            context.settings.kafka,
            service.topics,
            processor.process,
            service=context.name,
            batch=service.batch,
        )

    def _server(self, service: Service, engine: AsyncEngine, consumer: TopicConsumer | None) -> uvicorn.Server:
        app = make_app(self._name, KeyRing(engine), _checks(engine, consumer), service.limits)
        for router in service.routers:
            app.include_router(router)
        config = uvicorn.Config(
            app,
            host=self._settings.host,
            port=self._settings.port,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=3,
            server_header=False,
        )
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]  # signals are ours
        return server

    async def _until_stopped(self, tasks: list[asyncio.Task[None]]) -> None:
        stop = asyncio.create_task(self._stop.wait())
        done, _ = await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stop}:
            if task.exception() is not None:
                log.critical("a part has died", part=task.get_name(), exc_info=task.exception())
                os._exit(70)  # an orderly stop could acknowledge what was not applied; the supervisor starts anew
        stop.cancel()

    async def _drain(
        self,
        server: uvicorn.Server,
        consumer: TopicConsumer | None,
        relay: Relay,
        tasks: list[asyncio.Task[None]],
        service: Service,
        engine: AsyncEngine,
    ) -> None:
        log.info("stopping")
        server.should_exit = True
        if consumer is not None:
            await consumer.stop()
        relay.stop()
        for task in tasks:
            if task.get_name() not in ("http", "relay"):
                task.cancel()
        await asyncio.wait(tasks, timeout=_DRAIN_SECONDS)
        if service.close is not None:
            await service.close()
        await engine.dispose()
        log.info("stopped")


def _checks(engine: AsyncEngine, consumer: TopicConsumer | None) -> dict[str, Check]:
    async def database() -> str | None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return None

    async def broker() -> str | None:
        return None if consumer is None or consumer.assigned() else "not yet a member of its consumer group"

    async def lag() -> str | None:
        behind = consumer.lag() if consumer is not None else 0
        return None if behind is None or behind < 100_000 else f"{behind} records behind"

    return {"database": database, "broker": broker, "lag": lag}


async def _measure_lag(name: str, consumer: TopicConsumer) -> None:
    while True:
        metrics.LAG.labels(service=name).set(consumer.lag() or 0)
        await asyncio.sleep(2.0)
