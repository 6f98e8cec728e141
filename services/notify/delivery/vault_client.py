"""Asks intake's vault, at the moment of sending, for what a notice needs of the person. Nothing of it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from services.notify.domain.wording import Contact
from shared.errors import Unavailable

_SECONDS = 5.0
_PAGE = 200


class Question(NamedTuple):
    """Which fields of which case, for which notice (its id in the procedure); `party`: of that party."""

    case_id: UUID
    fields: Collection[str]
    notice: str
    party: str | None = None


class Vault:
    """A client of intake's internal API. `key` is the key for calls between services."""

    def __init__(self, intake_url: str, key: str, *, public_url: str | None = None, connections: int = 8) -> None:
        self._client = httpx.AsyncClient(
            base_url=intake_url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=_SECONDS,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            trust_env=False,
            follow_redirects=False,
        )
        # Waiting for our own turn is no failure of the vault's, and httpx's pool grows slow when many wait in it.
        self._turn = asyncio.Semaphore(connections)
        self._public_url = (public_url or intake_url).rstrip("/")
        self._host = urlsplit(intake_url).hostname or "intake"

    async def contacts(self, asked: Sequence[Question]) -> list[Contact | None]:
        """The fields asked for and what goes with them; the vault records who read what, and for which notice.

        One answer per question, in order, None for a case that the vault does not know. Raises `Unavailable` when the
        vault is away or answers anything else.
        """
        if not asked:
            return []
        pages = [asked[start : start + _PAGE] for start in range(0, len(asked), _PAGE)]
        return [contact for page in pages for contact in await self._page(page)]

    async def _page(self, asked: Sequence[Question]) -> list[Contact | None]:
        questions = [
            {"case_id": str(one.case_id), "fields": sorted(one.fields), "purpose": f"notice:{one.notice}"}
            | ({"party": one.party} if one.party else {})
            for one in asked
        ]
        try:
            async with self._turn:
                answer = await self._client.post("/internal/v1/contacts", json={"asked": questions})
        except httpx.HTTPError as error:
            raise Unavailable("the vault does not answer", hint=f"{self._host}: {type(error).__name__}") from None
        if answer.status_code != 200:
            raise Unavailable("the vault does not answer as it should", hint=f"status {answer.status_code}")
        try:
            found = [_contact(one, self._public_url) if one is not None else None for one in answer.json()]
        except (ValueError, AttributeError, TypeError):
            raise Unavailable("the vault's answer cannot be read") from None
        if len(found) != len(asked):
            raise Unavailable("the vault answers another number of questions")
        return found

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _contact(body: dict[str, Any], public_url: str) -> Contact:
    language, progress = body.get("language"), _text(body.get("progress_url"))
    return Contact(
        language=language if language in ("zh", "en") else None,
        receipt_code=_text(body.get("receipt_code")),
        progress_url=f"{public_url}{progress}" if progress and progress.startswith("/") else progress,
        fields=_texts(body.get("fields")),
        documents=_texts(body.get("documents")),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: Any) -> dict[str, str]:
    return {str(key): found for key, found in (value or {}).items() if isinstance(found, str) and found}
