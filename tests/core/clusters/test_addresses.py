"""Which addresses are never connected to, however they are written."""

import pytest

from clusters.core.addresses import refused_address

METADATA = [
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fd00:42::42",
]
LINK_LOCAL = ["169.254.0.1", "fe80::1", "fe80::1%eth0", "fec0::1"]
MULTICAST = ["224.0.0.1", "239.255.255.250", "ff02::1", "255.255.255.255", "240.0.0.1"]
UNSPECIFIED = ["0.0.0.0", "0.1.2.3", "::"]
EMBEDDED = [
    "::ffff:169.254.169.254",
    "::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "2001:0:a9fe:a9fe::",
]
LOOPBACK = ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"]
FINE = [
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "100.64.0.1",
    "203.0.113.7",
    "8.8.8.8",
    "192.0.1.1",
    "168.63.129.17",
    "fd12:3456::1",
    "2606:4700::1111",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "::ffff:10.0.0.1",
]


@pytest.mark.parametrize("loopback_allowed", [True, False], ids=["demo", "production"])
@pytest.mark.parametrize("ip", [*METADATA, *LINK_LOCAL, *MULTICAST, *UNSPECIFIED, *EMBEDDED])
def test_what_is_no_cluster_is_refused(ip: str, loopback_allowed: bool) -> None:
    reason = refused_address(ip, loopback_allowed=loopback_allowed)
    assert reason is not None
    assert (reason.code, dict(reason.params)) == ("address-refused", {"address": ip})


@pytest.mark.parametrize("ip", LOOPBACK)
def test_this_machine_is_refused_except_in_the_demo(ip: str) -> None:
    reason = refused_address(ip, loopback_allowed=False)
    assert reason is not None
    assert reason.code == "address-loopback"
    assert refused_address(ip, loopback_allowed=True) is None


@pytest.mark.parametrize("loopback_allowed", [True, False], ids=["demo", "production"])
@pytest.mark.parametrize("ip", FINE)
def test_private_and_public_addresses_may_be_clusters(ip: str, loopback_allowed: bool) -> None:
    assert refused_address(ip, loopback_allowed=loopback_allowed) is None


@pytest.mark.parametrize("ip", ["", "kube.example", "2852039166", "0x7f.1", "999.1.1.1"])
def test_what_is_no_address_is_refused(ip: str) -> None:
    assert refused_address(ip, loopback_allowed=True) is not None
