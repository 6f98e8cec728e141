"""What an import has come to: counts that must add up to the rows, and the reasons of refusals. Holds no values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from huiyin.importing.columns import Reason
from shared.errors import HuiyinError

STATUSES = ("registered", "duplicate", "existing", "refused")


class DoesNotAddUp(HuiyinError):
    """The counts of an import do not add up to its rows: something was lost on the way."""

    code = "does-not-add-up"


@dataclass
class Refusals:
    """How often a reason came, and the first row that it came for. A row may have several reasons."""

    count: int = 0
    first_row: int = 0


@dataclass
class Tally:
    """Counts of rows. `existing` were registered by an earlier run; `duplicate` are registered and linked to another
    case; `empty` rows hold nothing and are not rows; `undated` were registered as received now, for want of a time."""

    rows: int = 0
    registered: int = 0
    duplicate: int = 0
    existing: int = 0
    refused: int = 0
    empty: int = 0
    undated: int = 0
    reasons: dict[str, Refusals] = field(default_factory=dict)

    def take(self, status: str) -> None:
        """Count one row by what became of it: one of `STATUSES`."""
        if status not in STATUSES:
            raise DoesNotAddUp("intake answers a status that this version does not know", field="status")
        self.rows += 1
        setattr(self, status, getattr(self, status) + 1)

    def refuse(self, row: int, reasons: list[Reason]) -> None:
        """Count a refused row and each of its reasons."""
        self.take("refused")
        for line in {f"{reason.field}: {reason.message}" if reason.field else reason.message for reason in reasons}:
            found = self.reasons.setdefault(line, Refusals(first_row=row))
            found.count += 1

    def require_sum(self) -> None:
        """Raise `DoesNotAddUp` unless every row is accounted for once."""
        if self.registered + self.duplicate + self.existing + self.refused != self.rows:
            raise DoesNotAddUp(
                "the counts do not add up to the rows",
                hint="run the same import again with --restart: what is registered counts as existing",
            )

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> Tally:
        """Back from `to_dict`; raises `TypeError` or `KeyError` for another form."""
        rest = dict(raw)
        reasons = {line: Refusals(**found) for line, found in rest.pop("reasons").items()}
        return Tally(**rest, reasons=reasons)
