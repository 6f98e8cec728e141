"""Which offices a key may act as, and what is said of a grant that names nothing."""

from __future__ import annotations

import pytest

from shared.errors import Forbidden, InvalidInput
from shared.procedures.loader import load_library
from shared.security.acting import Principal, check_grants, known_offices

KNOWN = known_offices(load_library().procedures)

# grants, procedure, office, whether the key may act as it
MAY = [
    ((), "shopping-mall", "security", False),
    (("shopping-mall/security",), "shopping-mall", "security", True),
    (("shopping-mall/security",), "shopping-mall", "floor", False),
    (("shopping-mall/security",), "vanke-developer", "security", False),
    (("shopping-mall/*",), "shopping-mall", "floor", True),
    (("shopping-mall/*",), "shopping-mall", "complainant", True),
    (("shopping-mall/*",), "vanke-developer", "floor", False),
    (("*/*",), "vanke-developer", "floor", True),
    (("a/b", "shopping-mall/floor"), "shopping-mall", "floor", True),
]


@pytest.mark.parametrize(("grants", "procedure", "office", "may"), MAY)
def test_a_key_acts_as_the_offices_that_it_carries(
    grants: tuple[str, ...], procedure: str, office: str, may: bool
) -> None:
    principal = Principal("x", frozenset("*"), frozenset(grants))  # every scope makes no office
    if may:
        principal.require_office(procedure, office)
        return
    with pytest.raises(Forbidden) as caught:
        principal.require_office(procedure, office)
    assert caught.value.field == "by"


def test_what_is_known_is_roles_departments_levels_and_the_complainant() -> None:
    mall = KNOWN["shopping-mall"]
    assert {"duty-manager", "security", "general-manager", "complainant"} <= mall
    assert "handler" not in mall


@pytest.mark.parametrize("grant", ["shopping-mall/security", "shopping-mall/complainant", "shopping-mall/*", "*/*"])
def test_a_grant_that_names_something_is_taken(grant: str) -> None:
    check_grants([grant], KNOWN, field="--acts-as")


# a grant, what the error names, its hint
UNKNOWN = [
    ("shoping-mall/security", "there is no procedure shoping-mall", "did you mean shopping-mall?"),
    ("shopping-mall/securty", "shopping-mall has no office securty", "did you mean security?"),
    ("shopping-mall/handler", "shopping-mall has no office handler", "there are: "),
    ("zzz/*", "there is no procedure zzz", "there are: baoshan-efficiency, "),
    ("shopping-mall", "write offices as PROCEDURE/OFFICE", "like shopping-mall/security"),
    ("*/security", "write offices as PROCEDURE/OFFICE", "like shopping-mall/security"),
    ("Shopping Mall/x", "write offices as PROCEDURE/OFFICE", "like shopping-mall/security"),
]


@pytest.mark.parametrize(("grant", "message", "hint"), UNKNOWN)
def test_a_grant_that_names_nothing_is_refused_with_what_comes_nearest(grant: str, message: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_grants(["*/*", grant], KNOWN, field="--acts-as")
    assert caught.value.field == "--acts-as"
    assert caught.value.message.startswith(message)
    assert str(caught.value.hint).startswith(hint)
