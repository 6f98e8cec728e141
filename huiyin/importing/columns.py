"""Which column brings which field, and a row as intake takes it (pure).

A column is matched by `--map`, else by the field's id, its label in either language, or its `aliases`. Beside the
procedure's fields a row may bring `received_at`, `channel` and `language`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from huiyin.tabular.text_rows import Cell, Row, has_value
from huiyin.tabular.values import Reading, one_of
from shared.errors import InvalidInput
from shared.procedures.fields import Unreadable, choose, normalized_name
from shared.procedures.model import FieldSpec, Procedure

RECEIVED, CHANNEL, LANGUAGE = "received_at", "channel", "language"
_ABOUT: dict[str, tuple[str, ...]] = {
    RECEIVED: (
        "received at",
        "received",
        "created date",
        "date received",
        "收到时间",
        "投诉时间",
        "留言时间",
        "来电时间",
    ),
    CHANNEL: ("channel", "渠道", "投诉渠道", "受理渠道"),
    LANGUAGE: ("language", "语言", "语种"),
}
_LANGUAGES = (
    ("zh", ("zh", "zh cn", "中文", "汉语", "chinese")),
    ("en", ("en", "en us", "en gb", "英文", "英语", "english")),
)


@dataclass(frozen=True)
class Reason:
    """Why a row is refused: the field (or None for the row as a whole), a stable word, and the sentence."""

    field: str | None
    code: str
    message: str


@dataclass(frozen=True)
class ColumnChoice:
    """What the caller chose: fields by column name, and constants for rows that bring no value."""

    columns: Mapping[str, str]
    constants: Mapping[str, str]


@dataclass
class Columns:
    """The columns of one file against one procedure."""

    procedure: Procedure
    reading: Reading
    wanted: ColumnChoice
    taken: dict[str, str] = field(default_factory=dict)
    """Column by field (or `received_at`, `channel`, `language`), as far as columns are known."""
    left: list[str] = field(default_factory=list)
    """Columns that are not sent."""

    def __post_init__(self) -> None:
        self._specs = {spec.id: spec for spec in self.procedure.fields}
        for name in (*self.wanted.columns, *self.wanted.constants):
            if name not in self._specs and name not in _ABOUT:
                raise InvalidInput("the procedure has no such field", field=name, hint=f"it has: {self._names()}")
        self._ranks = self._spellings()
        self._held: dict[str, int] = {}
        self._known: set[str] = set()
        self._constants = {name: self._constant(name, text) for name, text in self.wanted.constants.items()}
        if CHANNEL not in self._constants and len(self.procedure.channels) == 1:
            self._constants[CHANNEL] = self.procedure.channels[0].id

    def _names(self) -> str:
        return ", ".join((*self._specs, *_ABOUT))

    def _spellings(self) -> dict[str, tuple[int, str]]:
        """Field and rank by normal name: an id beats a label, a label an alias, a field what is beside the fields."""
        found: dict[str, tuple[int, str]] = {}
        for spec in self.procedure.fields:
            for rank, names in enumerate(((spec.id,), (spec.label.zh, spec.label.en), spec.aliases)):
                for name in names:
                    found[normalized_name(name)] = min(
                        found.get(normalized_name(name), (9, "")), (rank, spec.id), key=lambda x: x[0]
                    )
        for name, spellings in _ABOUT.items():
            for spelling in (name, *spellings):
                found.setdefault(normalized_name(spelling), (3, name))
        return found

    def _constant(self, name: str, text: str) -> Any:
        try:
            return self._convert(name, text)
        except Unreadable as refusal:
            raise InvalidInput(refusal.message, field=name, hint=self._choices_of(name)) from None

    def _choices_of(self, name: str) -> str | None:
        choices = self.procedure.channels if name == CHANNEL else getattr(self._specs.get(name), "choices", ())
        return f"the choices are: {', '.join(choice.id for choice in choices)}" if choices else None

    def learn(self, columns: Iterable[str]) -> None:
        """Take note of columns, leftmost first; those known already change nothing."""
        given = {normalized_name(column): name for name, column in self.wanted.columns.items() if column}
        for column in columns:
            if column in self._known:
                continue
            self._known.add(column)
            name = given.get(normalized_name(column))
            rank = -1
            if name is None:
                rank, name = self._ranks.get(normalized_name(column), (9, None))
            if name is None or (rank >= 0 and name in self.wanted.columns):
                self._leave(column)
            elif name not in self.taken or rank < self._held[name]:
                if name in self.taken:
                    self._leave(self.taken[name])
                self.taken[name], self._held[name] = column, rank
            else:
                self._leave(column)

    def _leave(self, column: str) -> None:
        if column:
            self.left.append(column)

    def check(self, columns: tuple[str, ...] | None) -> None:
        """Raise `InvalidInput` where no row could be registered: a mapped column that is not there, or twice, no
        column for a required field, no channel. `columns` is None where each row brings its own."""
        if columns is not None:
            there = [normalized_name(column) for column in columns]
            hint = f"the columns are: {', '.join(column for column in columns if column)}"
            for name, column in self.wanted.columns.items():
                if column and normalized_name(column) not in there:
                    raise InvalidInput("the file has no such column", field=f"--map {name}", hint=hint)
            for name, column in self.taken.items():
                if there.count(normalized_name(column)) > 1:
                    raise InvalidInput(f"two columns of the file have the name that brings {name}", field="FILE")
            for spec in self.procedure.fields:
                if _surely_required(spec) and spec.id not in self.taken and spec.id not in self._constants:
                    raise InvalidInput(
                        "no column brings this field, without which nothing can be registered",
                        field=spec.id,
                        hint=f"--map {spec.id}=COLUMN; {hint}",
                    )
        if CHANNEL not in self._constants and CHANNEL not in self.taken:
            raise InvalidInput(
                "no column says by which channel the complaints came",
                field=CHANNEL,
                hint=f"--channel ID; {self._choices_of(CHANNEL)}",
            )

    def complaint(self, row: Row) -> tuple[dict[str, Any], list[Reason]]:
        """The row as the body of a registration, and every reason against it that can be found without intake."""
        if row.problem is not None:
            return {}, [Reason(None, "malformed", row.problem)]
        self.learn(row.cells)
        values: dict[str, Any] = dict(self._constants)
        reasons: list[Reason] = []
        for name, column in self.taken.items():
            cell = row.cells.get(column)
            if not has_value(cell):
                continue
            try:
                values[name] = self._convert(name, cell)
            except Unreadable as refusal:
                reasons.append(Reason(name, refusal.code, refusal.message))
        refused = {reason.field for reason in reasons}
        for spec in self.procedure.fields:
            if _surely_required(spec) and spec.id not in values and spec.id not in refused:
                reasons.append(Reason(spec.id, "required", "it has no value, and nothing can be registered without it"))
        if CHANNEL not in values and CHANNEL not in refused:
            reasons.append(Reason(CHANNEL, "required", "it has no value"))
        about = {name: values.pop(name) for name in _ABOUT if name in values}
        return {"procedure": self.procedure.id, **about, "fields": values}, reasons

    def _convert(self, name: str, cell: Cell) -> Any:
        if name == RECEIVED:
            return self.reading.instant(cell)
        if name == CHANNEL:
            return choose(self.procedure.channels, cell)
        if name == LANGUAGE:
            return one_of(_LANGUAGES, cell)
        return self.reading.value(self._specs[name], cell)


def _surely_required(spec: FieldSpec) -> bool:
    return spec.required == "registration" and spec.when is None and spec.default is None


def idempotency_key(digest: str, procedure: str, row: int) -> str:
    """The same row of the same content under the same procedure is the same registration."""
    return hashlib.sha256(f"{digest}|{procedure}|{row}".encode()).hexdigest()
