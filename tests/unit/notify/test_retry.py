"""The retry policies of deliveries: the published schedule, and when a notice is given up."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.notify.delivery import retry

KEY = UUID(int=7)


def test_a_webhook_is_tried_ten_times_in_about_75_hours() -> None:
    waits = [retry.policy("webhook").wait(tries, key=KEY.bytes) for tries in range(1, 11)]

    assert waits[-1] is None
    for wait, nominal in zip(waits, retry.WEBHOOK.waits, strict=False):
        assert wait is not None
        assert 0.8 * nominal <= wait <= 1.2 * nominal
    # 5 s + 5 min + 30 min + 2 h + 5 h + 10 h + 14 h + 20 h + 24 h
    assert sum(retry.WEBHOOK.waits) == 5 + 300 + 1800 + 3600 * (2 + 5 + 10 + 14 + 20 + 24) == 272_105


def test_mail_waits_from_a_minute_to_four_hours_and_is_given_up_after_three_days() -> None:
    nominal = [60, 120, 240, 480, 960, 1920, 3840, 7680, 14_400, 14_400]

    for tries, seconds in enumerate(nominal, start=1):
        wait = retry.policy("smtp").wait(tries, key=KEY.bytes)
        assert wait is not None
        assert 0.8 * seconds <= wait <= 1.2 * seconds
    assert retry.policy("smtp").wait(30, key=KEY.bytes, age=72 * 3600 - 1.0) is None


@pytest.mark.parametrize("tries", [1, 5, 50, 5000])
def test_files_are_never_given_up(tries: int) -> None:
    wait = retry.policy("file").wait(tries, key=KEY.bytes, age=1e9)

    assert wait is not None
    assert 1.0 <= wait <= 60.0


def test_endpoints_and_the_vault_rest_longer_with_every_failure_up_to_a_bound() -> None:
    assert [retry.ENDPOINT.repeat(failures) for failures in (1, 2, 3, 4, 100)] == [5, 20, 80, 300, 300]
    assert [retry.VAULT.repeat(failures) for failures in (1, 2, 3, 7, 100)] == [1, 2, 4, 60, 60]
