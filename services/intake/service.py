"""Intake's wiring."""

from __future__ import annotations

from services.intake.background.housekeeping import keep_tidy
from services.intake.consumer import Worker
from services.intake.handlers.casework import Casework
from services.intake.handlers.procedure_migrations import Migrations
from services.intake.http.complaints import BATCH_PATH, reading_routes, registration_routes
from services.intake.http.procedure_migrations import migration_routes
from services.intake.http.progress import public_routes
from services.intake.http.vault import vault_routes
from services.intake.registration.batch import Batch
from services.intake.registration.batcher import RegistrationBatcher
from services.intake.registration.registrar import Registrar
from services.intake.registration.request import Forms, Reader
from shared.business_time.clock import RealClock
from shared.events.topics import ASSIGNMENTS, DEADLINES, NOTICES
from shared.hosting.host import Context, Service
from shared.hosting.http import BATCH_LIMIT
from shared.security.vault import open_vault


def build(context: Context) -> Service:
    """What the intake service is made of; raises `VaultError` without a master key."""
    engine, clock, real = context.engine, context.clock, RealClock()
    vault = open_vault(context.settings.vault_key_file)
    forms = Forms(context.library, context.calendars)
    reader = Reader(forms, vault)
    registrar = Registrar(context.outbox, vault, clock, real)
    casework = Casework(context.outbox, vault, clock, forms)
    migrations = Migrations(context.outbox, context.library, clock)
    batch = Batch(registrar, reader, clock)
    return Service(
        routers=[
            registration_routes(RegistrationBatcher(registrar), batch, reader, vault, casework, clock),
            reading_routes(engine),
            vault_routes(engine, vault, clock, forms, casework),
            public_routes(engine, vault, forms),
            migration_routes(engine, migrations),
        ],
        topics=[ASSIGNMENTS, DEADLINES, NOTICES],
        handler=Worker(),
        loops=[lambda: keep_tidy(engine, vault, real), migrations.run],
        limits={BATCH_PATH: BATCH_LIMIT},
    )
