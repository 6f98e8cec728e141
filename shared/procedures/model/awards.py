"""Compensation and penalties: suggested by the rules, decided by a person."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from shared.procedures.conditions import Condition
from shared.procedures.formulas import Formula
from shared.procedures.model.base import Currency, Element, Id, Named, Occurrence


class AmountRange(Element):
    """Who approves chooses an amount from `from` to `to`, both included; without `to` there is no most.

    `from`: a formula. `to`: a formula.
    """

    from_: Formula = Field(alias="from")
    to: Formula | None = None


class Award(Named):
    """An amount that is suggested at an occurrence, and never applied unless a person approves it.

    `when` is judged once, at the occurrence. `amount` is what is suggested; with `choose`, who approves may, or without
    `amount` must, choose within the range. It is money in `currency` (CNY if neither is given), or so many of `unit`.
    Every occurrence of `at` is an award of its own: 20 yuan for each overrun.

    `kind`: compensation or penalty. `at`: the occurrences. `amount`: a formula. `choose`: the range from which the
    approver chooses. `currency`: of money: ISO 4217. `payer`: an office or `complainant`. `payee`: an office or
    `complainant`. `approved_by`: offices that decide.
    """

    kind: Literal["compensation", "penalty"]
    at: tuple[Occurrence, ...] = Field(min_length=1)
    when: Condition | None = None
    amount: Formula | None = None
    choose: AmountRange | None = None
    unit: Id | None = Field(default=None, description="what is given instead of money, e.g. gift-box")
    currency: Currency | None = None
    payer: Id
    payee: Id
    approved_by: tuple[Id, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _form(self) -> Award:
        if self.amount is None and self.choose is None:
            raise ValueError("an award has an amount, or a range to choose from")
        if self.unit is not None and self.currency is not None:
            raise ValueError("an award is money in a currency, or so many of a unit")
        return self
