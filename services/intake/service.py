"""Intake's wiring."""

from __future__ import annotations

from services.intake.background.housekeeping import clean_up_periodically, erase_periodically
from services.intake.background.reports import Reports
from services.intake.consumer import Consumer
from services.intake.form_book import FormBook
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.documents import DocumentHandlers
from services.intake.handlers.files import FileHandlers
from services.intake.handlers.procedure_migrations import MigrationHandlers
from services.intake.handlers.progress import ProgressHandlers
from services.intake.handlers.reports import ReportHandlers
from services.intake.handlers.same_matter import SameMatterHandlers
from services.intake.handlers.supplements import SupplementHandlers
from services.intake.handlers.vault import VaultHandlers
from services.intake.http.cases import case_routes
from services.intake.http.complainants import complainant_routes
from services.intake.http.complaints import BATCH_PATH, registration_routes
from services.intake.http.documents import document_routes
from services.intake.http.files import FILES_PATH, file_routes
from services.intake.http.how_to import how_to_routes
from services.intake.http.procedure_migrations import migration_routes
from services.intake.http.progress import progress_routes
from services.intake.http.recusal import guarded
from services.intake.http.reports import report_routes
from services.intake.http.same_matter import same_matter_routes
from services.intake.http.vault import vault_routes
from services.intake.registration.batch import Batch
from services.intake.registration.batcher import RegistrationBatcher
from services.intake.registration.registrar import Registrar
from services.intake.registration.request import Reader
from shared.business_time.clock import RealClock
from shared.events.topics import ASSIGNMENTS, DEADLINES, NOTICES
from shared.hosting.host import Context, Service
from shared.hosting.http import BATCH_LIMIT
from shared.procedures.model.documents import LARGEST_FILE
from shared.security.vault import open_vault


def build(context: Context) -> Service:
    """What the intake service is made of; raises `VaultError` without a master key."""
    engine, clock, real = context.engine, context.clock, RealClock()
    vault = open_vault(context.settings.vault_key_file)
    forms = FormBook(context.library, context.calendars)
    reader = Reader(forms, vault)
    registrar = Registrar(context.outbox, vault, clock, real)
    cases = CaseHandlers(context.outbox, vault, clock, forms)
    migrations = MigrationHandlers(context.outbox, context.library, clock)
    reports = ReportHandlers(context.outbox, context.library, context.calendars, forms, vault, clock)
    batch = Batch(registrar, reader, clock)
    return Service(
        routers=[
            registration_routes(RegistrationBatcher(registrar), batch, reader, clock),
            guarded(
                engine,
                case_routes(engine, vault, cases, SupplementHandlers(context.outbox, clock, forms)),
                same_matter_routes(SameMatterHandlers(context.outbox, clock, forms)),
                vault_routes(VaultHandlers(context.outbox, vault, clock, forms)),
                document_routes(DocumentHandlers(context.outbox, vault, clock, forms)),
                file_routes(FileHandlers(context.outbox, vault, clock, real, forms)),
            ),
            progress_routes(ProgressHandlers(engine, vault, forms)),
            complainant_routes(engine, clock),
            how_to_routes(forms, context.calendars, clock),
            migration_routes(engine, migrations),
            report_routes(context, reports),
        ],
        topics=[ASSIGNMENTS, DEADLINES, NOTICES],
        handler=Consumer(forms),
        loops=[
            lambda: clean_up_periodically(engine, vault, real),
            lambda: erase_periodically(context.outbox, clock),
            migrations.run,
            Reports(context, reports).run,
        ],
        limits={BATCH_PATH: BATCH_LIMIT, FILES_PATH: LARGEST_FILE},
    )
