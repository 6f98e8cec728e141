"""The one error tree. Every error that Huiyin raises on purpose is a `HuiyinError`.

`code` is a stable word for programs, `field` names the offending input where there is one, `hint` says what to do.
No error ever carries a submitted value: values may be identities.
"""

from __future__ import annotations


class HuiyinError(Exception):
    """Base of all. `status` is the HTTP status that an API answers with."""

    code = "error"
    status = 500

    def __init__(self, message: str, *, field: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.hint = hint


class InvalidInput(HuiyinError):
    """The input breaks a rule of form; `field` names it."""

    code = "invalid-input"
    status = 422


class NotFound(HuiyinError):
    """There is no such thing, or the caller may not know that there is."""

    code = "not-found"
    status = 404


class Conflict(HuiyinError):
    """The case is not in a state that allows this."""

    code = "conflict"
    status = 409


class NotYet(Conflict):
    """What this depends on has not arrived here yet: the same request is right a moment later, so try again."""

    code = "not-yet"


class Unauthorised(HuiyinError):
    """No key, or a key that is not known."""

    code = "unauthorised"
    status = 401


class Forbidden(HuiyinError):
    """The key is known but lacks the scope."""

    code = "forbidden"
    status = 403


class TooLarge(HuiyinError):
    """More bytes or rows than the limit."""

    code = "too-large"
    status = 413


class Unavailable(HuiyinError):
    """A part that this needs does not answer now; try again."""

    code = "unavailable"
    status = 503


class ProcedureError(HuiyinError):
    """A procedure file breaks the policy language; `field` is the path within the file."""

    code = "procedure"
    status = 422


class CalendarError(HuiyinError):
    """A calendar that cannot be: it never opens, its windows overlap, or it closes before it opens."""

    code = "calendar"
    status = 422


class CalendarNeverOpen(CalendarError):
    """The amount of business time does not exist within the calendar's horizon."""

    code = "calendar-never-open"


class StackError(HuiyinError):
    """The embedded stack cannot start or stop; `message` is one line, `hint` says what to do."""

    code = "stack"
