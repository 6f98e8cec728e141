"""Offices: who acts in a procedure. An office is the id of a role, department, level or party, or the complainant.

`handler` stands for the office that has a case: the department that it is with, or the level that it is on. It is
written in a procedure's `by`, and never reported.
"""

from __future__ import annotations

from shared.procedures.model import Procedure

HANDLER = "handler"
COMPLAINANT = "complainant"
RESERVED = frozenset((HANDLER, COMPLAINANT))
"""Names that no element of a procedure may bear."""

PARTS = ("roles", "departments", "levels", "parties")
"""The parts of a procedure whose elements are offices."""


def offices(procedure: Procedure) -> frozenset[str]:
    """Every office of the procedure, the complainant not among them."""
    return frozenset(element.id for part in PARTS for element in getattr(procedure, part))
