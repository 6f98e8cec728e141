"""What a caller may read of a case, by the offices that the caller acts as."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.case import Case
from services.intake.domain.documents import Contents
from services.intake.handlers.emitting import history_of
from shared.errors import Forbidden
from shared.procedures.disclosures import Disclosed, bound_offices, disclosed_to
from shared.procedures.model import Procedure
from shared.security.acting import Principal, offices_of


async def disclosed(
    connection: AsyncConnection, case: Case, procedure: Procedure, caller: Principal | str
) -> Disclosed | None:
    """What may be read by a caller, or told to a party (by its id); None: nothing is withheld."""
    offices = frozenset((caller,)) if isinstance(caller, str) else offices_of(caller.acts_as, procedure.id)
    if not offices or offices - bound_offices(procedure):
        return None
    known = await history_of(connection, case)
    return disclosed_to(procedure, offices, known.happened, known.facts)


def require_disclosed(found: Disclosed | None, document: str, caller: Principal, procedure: Procedure,
                      contents: Contents | None = None) -> None:  # fmt: skip
    """Raise `Forbidden` for a document that is not disclosed to the caller, who did not put it in either."""
    own = offices_of(caller.acts_as, procedure.id) or frozenset()
    if found is None or document in found.documents or (contents is not None and contents.by in own):
        return
    raise Forbidden(
        "this document is not disclosed to the caller's office",
        field="name",
        hint="the procedure says what is, and after what: confidentiality",
    )
