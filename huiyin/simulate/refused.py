"""What a service answers to an action that it does not take."""

from __future__ import annotations

from shared.errors import HuiyinError


class Refused(Exception):
    """An action was refused: fields with the reason of each, where the reason names a field."""

    def __init__(self, errors: tuple[tuple[str | None, str], ...]) -> None:
        super().__init__("; ".join(f"{field}: {message}" if field else message for field, message in errors))
        self.errors = errors

    @classmethod
    def by(cls, error: HuiyinError) -> Refused:
        """The same from an error of a service; its hint belongs to the reason."""
        return cls(((error.field, f"{error.message} ({error.hint})" if error.hint else error.message),))
