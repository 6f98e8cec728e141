"""How notices reach people: several addressees, service, and the form of an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from shared.procedures.check.finding import Finding, error
from shared.procedures.model import Notice, Procedure


def check_notices(procedure: Procedure) -> Iterator[Finding]:
    """Findings on each notice."""
    for one in procedure.notices:
        path = f"notices[{one.id}]"
        yield from _service(path, one)
        if one.form == "as-received":
            for channel in procedure.channels:
                if channel.form is None:
                    yield error(
                        f"channels[{channel.id}].form",
                        f"通知 {one.id} 按来件形式答复:须写明该渠道是书面还是口头",
                        f"the notice {one.id} is answered as received: say whether this channel is written or oral",
                    )


def _service(path: str, one: Notice) -> Iterator[Finding]:
    if one.service is None:
        return
    for name, times in Counter(one.service.receipt).items():
        if times > 1:
            yield error(f"{path}.service.receipt", f"{name} 出现多次", f"{name} is named more than once")
