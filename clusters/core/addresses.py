"""Addresses that Drover never connects to, wherever the name of a cluster may lead."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from journal.core.reasons import Reason, because

# Private ranges are not here: clusters on one's own premises live there.
REFUSED = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # unspecified: means this machine
        "100.100.100.200/32",  # metadata of Alibaba Cloud
        "168.63.129.16/32",  # metadata and agent of Azure
        "169.254.0.0/16",  # link-local, with the metadata of most clouds
        "192.0.0.0/24",  # protocol assignments, with the metadata of Oracle Cloud
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, with broadcast
        "::/96",  # unspecified, and IPv4-compatible, which is long deprecated
        "64:ff9b:1::/48",  # NAT64 of one's own: the IPv4 address may stand anywhere in it (RFC 8215)
        "fd00:42::42/128",  # metadata of Scaleway
        "fd00:ec2::/32",  # metadata and time of AWS
        "fd20:ce::254/128",  # metadata of Google Cloud
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, deprecated
        "ff00::/8",  # multicast
    )
)
NAT64 = ip_network("64:ff9b::/96")


def refused_address(ip: str, *, loopback_allowed: bool) -> Reason | None:
    """Why nothing may be sent to `ip`, an address as a resolver gives it; None: it may be connected to.

    >>> refused_address("10.1.2.3", loopback_allowed=False) is None
    True
    >>> refused_address("::ffff:169.254.169.254", loopback_allowed=True).code
    'address-refused'
    """
    try:
        address = ip_address(ip.partition("%")[0])  # what follows is the interface of a link-local address
    except ValueError:
        return because("address-refused", address=ip[:64])
    for one in (address, *_inner(address)):
        if one.is_loopback:
            if not loopback_allowed:
                return because("address-loopback", address=ip)
        elif any(one in network for network in REFUSED):
            return because("address-refused", address=ip)
    return None


def _inner(address: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that a gateway would make of an IPv6 address."""
    if isinstance(address, IPv4Address):
        return ()
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        found.append(IPv4Address(address.packed[-4:]))
    return tuple(one for one in found if one is not None)
