"""The observer's connections: to checked addresses only."""

import asyncio
import errno
import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from clusters.kube.outgoing import AddressRefused, Limits, check_address, checked_addresses


def checked_connector(limits: Limits, **options: Any) -> aiohttp.TCPConnector:
    """A connector that connects within `limits` only. What it refuses fails as an OSError does."""
    return aiohttp.TCPConnector(
        resolver=_Resolver(limits), socket_factory=lambda info: _checked_socket(info, limits), **options
    )


class _Resolver(AbstractResolver):
    """Gives the addresses of a name if all of them may be connected to."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 (of the interface)
    ) -> list[ResolveResult]:
        try:
            addresses = await asyncio.to_thread(checked_addresses, host, port, self._limits)
        except AddressRefused as e:
            raise _as_os_error(e) from e
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Nothing to close."""


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)


def _checked_socket(info: tuple[Any, ...], limits: Limits) -> socket.socket:
    """A socket for an address. The resolver is not asked about a host that is an address already."""
    family, kind, protocol, _, (address, port, *_) = info
    try:
        check_address(address, port, limits)
    except AddressRefused as e:
        raise _as_os_error(e) from e
    return socket.socket(family, kind, protocol)


def _as_os_error(error: AddressRefused) -> OSError:
    return OSError(errno.EACCES, str(error))
