"""Where a request came from: the address that can be relied on, and the network it is cut to."""

import ipaddress
import re
from typing import Final

IPV4: Final = re.compile(
    r"([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})\.[0-9]{1,3}(:[0-9]{1,5})?", re.ASCII
)


def address_seen(peer: str, forwarded: str, proxies: int) -> str:
    """Return the address a request came from: with trusted proxies in front, the one they saw.

    `forwarded` is X-Forwarded-For as it arrived, repeated headers joined by commas.
    """
    if proxies:
        addresses = forwarded.split(",")
        if len(addresses) >= proxies and addresses[-proxies].strip():
            return addresses[-proxies].strip()
    return peer


def cut_address(address: str) -> str:
    """Return the network an address belongs to (/24, /48): all of it that is looked at further.

    Some proxies add the port, as 203.0.113.7:4711 or [2001:db8::7]:4711. What is no address has
    the network "".
    """
    match = IPV4.fullmatch(address)
    return f"{match[1]}.0" if match else cut_long_address(address)


def cut_long_address(address: str) -> str:
    try:
        bare = address[1:].partition("]")[0] if address.startswith("[") else address
        whole = ipaddress.IPv6Address(bare.partition("%")[0])
    except ValueError:
        return ""
    if whole.ipv4_mapped is not None:
        return cut_address(str(whole.ipv4_mapped))
    return str(ipaddress.IPv6Address(int(whole) >> 80 << 80))
