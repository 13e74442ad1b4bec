"""What a real API server says of a past that it has forgotten, and that we then begin anew.

With Events, since it keeps the latest past of all other kinds in memory.
"""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import closing, suppress

import aiohttp
import pytest

from clusters.core.manifests import Manifest
from clusters.kube.client import Client
from clusters.kube.outgoing import Limits
from clusters.kube.pages import Query, read_pages
from clusters.kube.paths import list_path
from clusters.kube.tls import tls_context
from clusters.kube.transport import Request
from clusters.observe.connector import checked_connector
from clusters.observe.tuning import Tuning
from clusters.observe.watch import Watch
from tests.adapters.kubernetes.control_plane import ControlPlane
from tests.adapters.kubernetes.watched import run_whole

LOOPBACK = Limits(loopback_allowed=True)
LABELS = {"drover.dev/prod": "history"}


@pytest.fixture
def client(control_plane: ControlPlane) -> Iterator[Client]:
    with closing(Client(control_plane.credentials, limits=LOOPBACK)) as client:
        yield client


@pytest.fixture
def namespace(client: Client) -> str:
    name = f"prod-{secrets.token_hex(4)}"
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


def say(client: Client, namespace: str, *names: str) -> None:
    """Makes an Event of each name."""
    for name in names:
        about = {"kind": "Pod", "name": "api", "namespace": namespace}
        metadata = {"name": name, "namespace": namespace, "labels": LABELS}
        event = {"apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": about}
        client.apply(event | {"reason": "Told", "message": name, "type": "Normal"})


def test_a_list_whose_past_was_compacted_is_begun_again(
    control_plane: ControlPlane, client: Client, namespace: str
) -> None:
    say(client, namespace, *(f"part-{number}" for number in range(6)))
    tokens: list[str] = []

    def page(query: Query) -> tuple[Manifest, int]:
        """Pages of two, the second of which is asked for too late."""
        tokens.append(query.get("continue", ""))
        if len(tokens) == 2:
            say(client, namespace, "late")
            control_plane.compact()
        query = query | {"limit": "2"}
        return client._exchange(Request("GET", list_path("Event", namespace), query, is_list=True))

    found = sorted(item["metadata"]["name"] for item in read_pages(page, {}, 30.0))
    assert found == ["late", *(f"part-{number}" for number in range(6))]
    assert [bool(token) for token in tokens] == [False, True, False, True, True, True]


def test_a_watch_whose_past_was_compacted_is_begun_with_a_new_list(
    control_plane: ControlPlane, client: Client, namespace: str
) -> None:
    say(client, namespace, "first", "second")
    found: set[str] = set()

    async def trouble_of_watch() -> str:
        known = asyncio.Event()

        def listed(_: str, items: list[Manifest]) -> None:
            found.update(item["metadata"]["name"] for item in items)
            known.set()

        tls = checked_connector(LOOPBACK, ssl=tls_context(control_plane.credentials))
        headers = {"Authorization": f"Bearer {control_plane.credentials.token}"}
        async with aiohttp.ClientSession(control_plane.server, connector=tls, headers=headers) as session:
            watch = Watch("Event", session, Tuning(), listed, lambda *_: None)
            watch.listed, watch._version = True, "2"  # as if it had been away for a long time
            task = asyncio.create_task(watch.run())
            await known.wait()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            return watch.trouble

    control_plane.compact()
    with closing(asyncio.new_event_loop()) as loop:
        trouble = run_whole(loop, asyncio.wait_for(trouble_of_watch(), 20))
    assert {"first", "second"} <= found
    assert "too old" in trouble
