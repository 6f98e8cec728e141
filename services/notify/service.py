"""Wiring: settings in, running service out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from services.notify.consumer import Consumer
from services.notify.delivery.attempts import DeliveryResults
from services.notify.delivery.composer import Composer
from services.notify.delivery.recipients import load_recipients
from services.notify.delivery.sender import Sender
from services.notify.delivery.sinks import Sink
from services.notify.delivery.sinks.console import ConsoleSink
from services.notify.delivery.sinks.file import FileSink
from services.notify.delivery.sinks.smtp import SmtpSink, read_smtp_url
from services.notify.delivery.sinks.webhook import WebhookSink
from services.notify.delivery.vault_client import Vault
from services.notify.domain.digests import Window
from services.notify.domain.recipients import Recipients
from services.notify.handlers.follow_ups import FollowUps
from services.notify.handlers.reactions import Reactions
from services.notify.handlers.service import NoticeService
from services.notify.http.follow_ups import follow_up_routes
from services.notify.http.notices import notice_routes
from services.notify.http.receivers import receiver_routes
from services.notify.http.service import service_routes
from services.notify.timers import Timers
from shared.business_time.clock import RealClock
from shared.events.topics import ASSIGNMENTS, COMPLAINTS, DEADLINES
from shared.hosting.host import Context, Service
from shared.settings import ServiceSettings

_DEFAULT_FOLDER = Path("notices")


def build(context: Context) -> Service:
    """Notify. Raises `InvalidInput` for a configuration that cannot work."""
    settings, real = context.settings, RealClock()
    recipients = load_recipients(settings.recipients, smtp=settings.smtp_url is not None)
    window = Window(settings.notice_late_seconds, settings.notice_window_seconds)
    reactions = Reactions(context.library, context.calendars, context.clock, real, window)
    vault = Vault(settings.intake_url, settings.key(), public_url=settings.public_url)
    composer = Composer(context.library, recipients, vault, settings.public_url or settings.intake_url)
    service = NoticeService(context.library, context.calendars, reactions)
    results = DeliveryResults(context.outbox, context.clock, real, reactions, service)
    sender = Sender(context.outbox, composer, sinks(settings, recipients), results, real)
    follow_ups = FollowUps(context.library, context.calendars, reactions)
    timers = Timers(context.outbox, context.clock, service)
    return Service(
        routers=[
            notice_routes(context, real),
            service_routes(context, service),
            follow_up_routes(context, follow_ups),
            receiver_routes(context),
        ],
        topics=[COMPLAINTS, ASSIGNMENTS, DEADLINES],
        handler=Consumer(reactions),
        loops=[sender.run, timers.run],
        close=vault.close,
    )


def sinks(settings: ServiceSettings, recipients: Recipients) -> Mapping[str, Sink]:
    """The sinks by name; mail only where a server is configured."""
    found: dict[str, Sink] = {
        "file": FileSink(settings.notices or _DEFAULT_FOLDER),
        "console": ConsoleSink(),
        "webhook": WebhookSink(recipients),
    }
    if settings.smtp_url is not None:
        found["smtp"] = SmtpSink(read_smtp_url(settings.smtp_url.get_secret_value()))
    return found
