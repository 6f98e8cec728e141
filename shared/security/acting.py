"""Who calls, and in whose name: grants `procedure/office`, `procedure/*` for every office of one, `*/*` for all.

An office is the id of a role, department or level of a procedure, or `complainant`: who brings a complainant's words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from shared.errors import Forbidden, InvalidInput
from shared.procedures.model import Procedure
from shared.procedures.offices import COMPLAINANT, offices

EVERY_OFFICE = "*/*"
_ID = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_GRANT = re.compile(rf"({_ID}|\*)/({_ID}|\*)")


@dataclass(frozen=True)
class Principal:
    """Who calls: the key's name, its scopes, and the offices that it may act as (`procedure/office`)."""

    name: str
    scopes: frozenset[str]
    acts_as: frozenset[str] = frozenset()

    def require(self, scope: str) -> None:
        """Raise `Forbidden` without the scope."""
        if "*" not in self.scopes and scope not in self.scopes:
            raise Forbidden(f"this key lacks the scope {scope}")

    def require_office(self, procedure: str, office: str, *, field: str = "by") -> None:
        """Raise `Forbidden`, naming `field`, unless the holder may act as this office of the procedure."""
        if not may_act(self.acts_as, procedure, office):
            raise Forbidden(
                "this key may not act as that office",
                field=field,
                hint="a key names its offices: huiyin keys new NAME --acts-as PROCEDURE/OFFICE",
            )


@dataclass(frozen=True)
class Signer:
    """Whose records are verified: the key's principal, and the public keys that are good now (32 bytes each)."""

    principal: Principal
    public_keys: tuple[bytes, ...]


def may_act(grants: Collection[str], procedure: str, office: str) -> bool:
    """Whether one of the grants covers this office of the procedure."""
    return any(grant in grants for grant in (f"{procedure}/{office}", f"{procedure}/*", EVERY_OFFICE))


def offices_of(grants: Collection[str], procedure: str) -> frozenset[str] | None:
    """The offices of a procedure that these grants cover; None: every one of them."""
    if f"{procedure}/*" in grants or EVERY_OFFICE in grants:
        return None
    return frozenset(office for own, _, office in (grant.partition("/") for grant in grants) if own == procedure)


def is_hidden(grants: Collection[str], procedure: str, recused: Collection[str]) -> bool:
    """Whether a case is hidden from whoever holds these grants: they act in its procedure, and only for offices that
    it is about."""
    acting = offices_of(grants, procedure)
    return bool(acting) and acting is not None and acting <= set(recused)


def own_offices(grants: Collection[str]) -> dict[str, list[str]]:
    """By procedure, the offices of grants that name one; for queries that leave out what `is_hidden` hides."""
    if EVERY_OFFICE in grants:
        return {}
    found: dict[str, list[str]] = {}
    for procedure, _, office in (grant.partition("/") for grant in sorted(grants)):
        if f"{procedure}/*" not in grants:
            found.setdefault(procedure, []).append(office)
    return found


HIDDEN_SQL = (
    "(jsonb_exists(CAST(:acting AS jsonb), procedure) AND to_jsonb(recused) @> (CAST(:acting AS jsonb) -> procedure))"
)
"""The same of a row with `procedure` and `recused`, as SQL; `:acting` is `own_offices` as JSON."""


def known_offices(procedures: Iterable[Procedure]) -> dict[str, frozenset[str]]:
    """By procedure, the offices of all its versions, the complainant among them."""
    found: dict[str, frozenset[str]] = {}
    for procedure in procedures:
        found[procedure.id] = found.get(procedure.id, frozenset((COMPLAINANT,))) | offices(procedure)
    return found


def check_grants(grants: Iterable[str], known: Mapping[str, Collection[str]], *, field: str) -> None:
    """Raise `InvalidInput` for a grant of another form, or one that names no known procedure or office of it.

    The error names what is not known, and in its hint what comes nearest.
    """
    for grant in grants:
        found = _GRANT.fullmatch(grant)
        if found is None or (found[1] == "*" and found[2] != "*"):
            raise InvalidInput(
                "write offices as PROCEDURE/OFFICE, PROCEDURE/* or */*", field=field, hint="like shopping-mall/security"
            )
        procedure, office = found[1], found[2]
        if procedure != "*" and procedure not in known:
            raise InvalidInput(f"there is no procedure {procedure}", field=field, hint=_nearest(procedure, known))
        if office != "*" and office not in known[procedure]:
            raise InvalidInput(
                f"{procedure} has no office {office}", field=field, hint=_nearest(office, known[procedure])
            )


def _nearest(word: str, known: Iterable[str]) -> str:
    candidates = sorted(known)
    close = get_close_matches(word, candidates, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"there are: {', '.join(candidates)}"
