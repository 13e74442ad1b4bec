"""Which addresses a cluster may have: every one is checked that its name leads to, once, then connected to."""

import socket
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from clusters.core.addresses import refused_address
from journal.core.reasons import Reason, because


@dataclass(frozen=True, slots=True)
class Limits:
    """`ours`: (host, port) of our own database and broker, which no cluster may be."""

    loopback_allowed: bool = False
    ours: tuple[tuple[str, int], ...] = ()


STRICT = Limits()


class AddressRefused(Exception):
    """Nothing was sent. `reason` is for people."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"{reason.code} {dict(reason.params)}")
        self.reason = reason


def checked_addresses(host: str, port: int, limits: Limits) -> tuple[str, ...]:
    """The addresses that `host` leads to now, as the resolver orders them.

    Raises AddressRefused if a single one of them may not be connected to, and socket.gaierror if there is none.
    """
    addresses = _resolve(host, port)
    for address in addresses:
        check_address(address, port, limits)
    return addresses


def check_address(address: str, port: int, limits: Limits) -> None:
    """Raises AddressRefused if `address` may not be connected to at `port`."""
    reason = refused_address(address, loopback_allowed=limits.loopback_allowed)
    if reason is None and _is_ours(address, port, limits):
        reason = because("address-ours", address=address, port=port)
    if reason is not None:
        raise AddressRefused(reason)


def _is_ours(address: str, port: int, limits: Limits) -> bool:
    hosts = [host for host, its_port in limits.ours if its_port == port]
    return any(_plain(address) == _plain(one) for host in hosts for one in _resolve(host, port))


def _resolve(host: str, port: int) -> tuple[str, ...]:
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _plain(address: str) -> str:
    return address.lower().removeprefix("::ffff:")


class _Checked(HTTPConnection):
    """Connects to a checked address; `host` stays the name for TLS and for the Host header."""

    def __init__(self, *args: Any, limits: Limits = STRICT, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = limits

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        try:
            addresses = checked_addresses(name, self.port, self._limits)
        except (socket.gaierror, UnicodeError) as e:
            raise NameResolutionError(name, self, e) from e  # type: ignore[arg-type]
        try:
            return self._connected(addresses)
        finally:
            self._dns_host = name

    def _connected(self, addresses: tuple[str, ...]) -> socket.socket:
        """A connection to the first address that takes one."""
        for address in addresses[:-1]:
            self._dns_host = address
            with suppress(NewConnectionError, ConnectTimeoutError):
                return super()._new_conn()
        self._dns_host = addresses[-1]
        return super()._new_conn()


class _CheckedTls(_Checked, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Checked


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedTls


def checked_pools(limits: Limits, **options: Any) -> PoolManager:
    """A pool manager that connects within `limits` only, and never over a proxy."""
    pools = PoolManager(**options)
    makers: dict[str, Any] = {
        "http": partial(_Pool, limits=limits),
        "https": partial(_TlsPool, limits=limits),
    }
    pools.pool_classes_by_scheme = makers
    return pools
