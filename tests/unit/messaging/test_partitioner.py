"""Partitions in bulk are those that every Kafka client chooses."""

from __future__ import annotations

import struct
from uuid import UUID

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2

from shared.messaging.kafka.partitioner import partitions

# key; (murmur2(key) & 0x7fffffff) by kafka-python, and the remainder after division by 6
GOLDEN = (
    ("00000000-0000-0000-0000-000000000000", 3),  # 713427837 = 6 * 118904639 + 3
    ("ffffffff-ffff-ffff-ffff-ffffffffffff", 0),  # 1787613426 = 6 * 297935571
    ("6f1d2c52-6d0b-5c8e-9c6e-2f0a8f4f7a11", 2),  # 2014679282 = 6 * 335779880 + 2
)


def test_known_cases_are_where_they_have_always_been() -> None:
    assert partitions([key.encode() for key, _ in GOLDEN], 6) == [partition for _, partition in GOLDEN]


@given(st.lists(st.uuids(), max_size=40), st.integers(1, 64))
def test_each_key_goes_where_aiokafka_and_kafka_python_put_it(cases: list[UUID], count: int) -> None:
    keys = [str(case).encode() for case in cases]
    places = list(range(count))
    choose = DefaultPartitioner()
    assert partitions(keys, count) == [choose(key, places, places) for key in keys]
    assert partitions(keys, count) == [(murmur2(key) & 0x7FFFFFFF) % count for key in keys]


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(struct.error):
        partitions([b"short"], 6)
