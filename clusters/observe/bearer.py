"""Tokens that change, on the observer's requests."""

import asyncio

from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse

from clusters.kube.tokens import TokenSource


def bearing(source: TokenSource | None) -> tuple[ClientMiddlewareType, ...]:
    """What puts a token of `source` on each request; nothing for None. Requests then raise NoToken too."""
    if source is None:
        return ()

    async def bear(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
        request.headers["Authorization"] = f"Bearer {await asyncio.to_thread(source)}"
        return await send(request)

    return (bear,)
