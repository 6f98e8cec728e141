"""Where a webhook must never go, in every way of writing it (rule O1)."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from services.notify.delivery.sinks.guard import Forbidden, is_public, judge, resolve

NOT_PUBLIC = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.255.255",
    "169.254.169.254",  # metadata of most clouds
    "100.100.100.200",  # metadata of Aliyun: neither private nor global
    "100.64.0.1",
    "100.127.255.254",
    "192.0.0.1",
    "192.0.0.192",  # metadata of Oracle's cloud; Python calls it global
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",  # multicast; Python calls it global
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::10.0.0.1",
    "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:a00:1::1",
    "2001::1",  # Teredo
    "2001:0:7f00:1::",
    "2001:10::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "100::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2400:3200::1", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_a_public_one_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(Forbidden):
        judge("https", 443, [ip_address(address)], ())


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed_over_https(address: str) -> None:
    assert judge("https", 443, [ip_address(address)], ()) == ip_address(address)


@pytest.mark.parametrize(
    ("scheme", "port", "reason"), [("http", 80, "https-needed"), ("https", 22, "port-not-allowed")]
)
def test_a_public_address_needs_https_and_a_usual_port(scheme: str, port: int, reason: str) -> None:
    with pytest.raises(Forbidden) as caught:
        judge(scheme, port, [ip_address("8.8.8.8")], ())

    assert caught.value.reason == reason


def test_one_bad_address_among_good_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Forbidden):
        judge("https", 443, [ip_address("8.8.8.8"), ip_address("10.0.0.1")], ())


def test_an_allowed_network_opens_itself_and_nothing_else() -> None:
    allow = (ip_network("10.1.0.0/16"),)

    assert judge("http", 8080, [ip_address("10.1.2.3")], allow) == ip_address("10.1.2.3")
    assert judge("http", 8080, [ip_address("::ffff:10.1.2.3")], allow) == ip_address("::ffff:10.1.2.3")
    for address in ("10.2.0.1", "127.0.0.1", "169.254.169.254", "::1"):
        with pytest.raises(Forbidden):
            judge("https", 443, [ip_address(address)], allow)


# Spellings of an address that a resolver understands though a check of the text would not.
@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.1", "127.0.1", "localhost", "[::1]", "[::ffff:7f00:1]"],
)
def test_a_loopback_address_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises((Forbidden, OSError)):
        asyncio.run(resolve(f"https://{host}/hook", ()))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https:///path",
        "https://user@8.8.8.8/",
        "https://user:pw@8.8.8.8/",
        "https://[fe80::1%25eth0]/",
        "https://8.8.8.8:99999/",
        "https://8.8.8.8:abc/",
    ],
)
def test_a_url_that_is_not_plain_is_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        asyncio.run(resolve(url, ()))


def test_a_name_that_changes_its_address_is_looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["8.8.8.8", "127.0.0.1"])

    async def look_up(_self: Any, _host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    async def twice() -> None:
        monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", look_up)
        assert (await resolve("https://rebind.example/", ())).address == ip_address("8.8.8.8")
        with pytest.raises(Forbidden):
            await resolve("https://rebind.example/", ())

    asyncio.run(twice())
