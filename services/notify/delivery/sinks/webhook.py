"""The webhook sink: a signed request as Standard Webhooks 1.0 says, with coded values only; the receiver asks for more.

The same notice has the same `webhook-id` however often it is delivered, so a receiver that keeps ids sees it once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import IPv6Address
from pathlib import Path

import httpx
from standardwebhooks.webhooks import Webhook

from services.notify.delivery.recipients import secrets
from services.notify.delivery.sinks import SENT, Message, Outcome
from services.notify.delivery.sinks.guard import Forbidden, Target, resolve
from services.notify.domain.recipients import Recipients, WebhookEndpoint
from shared.business_time.clock import RealClock
from shared.events.headers import ID, SIGNATURE, TIMESTAMP

TIMEOUT_SECONDS = 15.0
RESPONSE_LIMIT = 64 * 1024


class WebhookSink:
    """Sends requests; the secrets of all endpoints are read once, at the start."""

    name = "webhook"
    repeatable = True
    batch = 1

    def __init__(self, recipients: Recipients, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._seconds = timeout_seconds
        self._real = RealClock()  # signatures are dated with the time of day, whatever clock the cases run on
        self._signers: dict[Path, tuple[Webhook, ...]] = {
            endpoint.secret_file: tuple(Webhook(secret) for secret in secrets(endpoint, name))
            for name, endpoint in recipients.named()
            if isinstance(endpoint, WebhookEndpoint)
        }
        # No proxy, no redirect, and no connection kept: a kept one could serve another name at the same address.
        self._client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=timeout_seconds,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def deliver(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Send requests one after another."""
        return [await self._one(message) for message in messages]

    async def _one(self, message: Message) -> Outcome:
        endpoint = message.endpoint
        assert isinstance(endpoint, WebhookEndpoint)  # noqa: S101  (routed by its sink)
        try:
            async with asyncio.timeout(self._seconds):
                target = await resolve(endpoint.url, endpoint.allow)
                return await self._post(target, message, self._signers[endpoint.secret_file])
        except Forbidden as error:
            return Outcome("away", error.reason)  # a name may point elsewhere tomorrow
        except TimeoutError:
            return Outcome("away", "timeout")
        except httpx.HTTPError as error:
            return Outcome("away", f"http-{type(error).__name__}")
        except OSError as error:
            return Outcome("away", f"network-{type(error).__name__}")

    async def _post(self, target: Target, message: Message, signers: Sequence[Webhook]) -> Outcome:
        body = payload(message)
        now = self._real.now()
        signatures = " ".join(signer.sign(str(message.id), now, body) for signer in signers)
        address = f"[{target.address}]" if isinstance(target.address, IPv6Address) else str(target.address)
        named = f"[{target.host}]" if ":" in target.host else target.host
        default = {"https": 443, "http": 80}[target.scheme]
        request = self._client.build_request(
            "POST",
            f"{target.scheme}://{address}:{target.port}{target.path}",
            content=body.encode(),
            headers={
                "host": named if target.port == default else f"{named}:{target.port}",
                "content-type": "application/json",
                "user-agent": "huiyin-notify/1",
                ID: str(message.id),
                TIMESTAMP: str(int(now.timestamp())),
                SIGNATURE: signatures,
            },
            extensions={"sni_hostname": target.host},
        )
        answer = await self._client.send(request, stream=True)
        try:
            if not 200 <= answer.status_code < 300:
                return _refused(answer, now)
            await _drain(answer)
            return SENT
        finally:
            await answer.aclose()


def payload(message: Message) -> str:
    """The request's body: ids and coded values, at most a few hundred bytes."""
    return json.dumps(
        {"type": "huiyin.notice", "timestamp": message.made_at.isoformat(), "data": dict(message.facts)},
        ensure_ascii=False,
        separators=(",", ":"),
    )


async def _drain(answer: httpx.Response) -> None:
    """Take what the receiver sends, up to a limit: its status was already an acceptance."""
    taken = 0
    try:
        async for chunk in answer.aiter_raw():
            taken += len(chunk)
            if taken >= RESPONSE_LIMIT:
                return
    except (httpx.HTTPError, TimeoutError):
        return


def _refused(answer: httpx.Response, now: datetime) -> Outcome:
    status, reason = answer.status_code, f"status-{answer.status_code}"
    if status == 410:
        return Outcome("gone", reason)
    wait = retry_after(answer.headers.get("retry-after"), now)
    # 400, 413, 415, 422 speak of this message; all others of the receiver.
    return Outcome("again" if status in (400, 413, 415, 422) else "away", reason, wait)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait from a Retry-After header, as seconds or a date (RFC 9110 §10.2.3); None if it holds neither."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(min(int(value.strip()[:9]), 10**8))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
