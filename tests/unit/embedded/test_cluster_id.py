"""The id that a new broker's data folder gets."""

from __future__ import annotations

import uuid

from huiyin.embedded.broker.kafka import cluster_id


def test_no_cluster_id_looks_like_an_option() -> None:
    hyphen = uuid.UUID(bytes=bytes([0b11111000]) + bytes(15))  # its first six bits are the alphabet's hyphen
    for random in (hyphen, *(uuid.uuid4() for _ in range(500))):
        assert len(cluster_id(random)) == 22
        assert not cluster_id(random).startswith("-")
    assert cluster_id(hyphen) == "AAAAAAAAAAAAAAAAAAAAAA"
