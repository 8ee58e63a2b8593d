"""The network that an address is cut to, in whatever form a proxy writes the address."""

import pytest

from clearline.kit.network import address_seen, cut_address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("203.0.113.77:4711", "203.0.113.0"),
        ("2001:db8:7:1::9", "2001:db8:7::"),
        ("[2001:db8:7:1::9]", "2001:db8:7::"),
        ("[2001:db8:7:1::9]:4711", "2001:db8:7::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("[::ffff:203.0.113.77]:4711", "203.0.113.0"),
    ],
)
def test_an_address_is_cut_to_its_network_with_or_without_a_port(
    address: str, network: str
) -> None:
    assert cut_address(address) == network


@pytest.mark.parametrize(
    "told", ["", "unknown", "_hidden", "203.0.113", "203.0.113.77:", "[203.0.113.77", "[]:1", "a:b"]
)
def test_what_is_no_address_has_no_network(told: str) -> None:
    assert cut_address(told) == ""


@pytest.mark.parametrize(
    ("forwarded", "proxies", "seen"),
    [
        ("198.51.100.9", 0, "203.0.113.7"),
        ("198.51.100.9", 1, "198.51.100.9"),
        ("192.0.2.66, 198.51.100.9", 1, "198.51.100.9"),
        ("192.0.2.66, 198.51.100.9, 10.0.0.1", 2, "198.51.100.9"),
        ("198.51.100.9", 2, "203.0.113.7"),
        ("", 1, "203.0.113.7"),
    ],
)
def test_the_address_is_the_one_that_the_trusted_proxies_saw(
    forwarded: str, proxies: int, seen: str
) -> None:
    assert address_seen("203.0.113.7", forwarded, proxies) == seen
