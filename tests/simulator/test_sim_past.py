"""An API server that answers from the past: reads and watches are old, writes are not."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from simulator.store.past import Past, version_before
from simulator.store.store import Store
from tests.simulator.space import Space, config_map, deployment

Lines = Iterator[dict[str, Any]]


def settings_of(space: Space, query: str = "") -> Any:
    status, found = space.ask("GET", "configmaps", "settings", query=query)
    return found["data"] if status == 200 else status


@contextmanager
def watching(space: Space, version: str, **more: str) -> Iterator[Lines]:
    """The events of a watch of the Secrets of the space; a line that does not come in time is an error."""
    access = space.fleet.clusters["a"]
    connection = http.client.HTTPConnection(access.server.removeprefix("http://"), timeout=10)
    query = "&".join(
        f"{key}={value}" for key, value in {"watch": "1", "resourceVersion": version, **more}.items()
    )
    headers = {"Authorization": f"Bearer {access.token}"}
    connection.request("GET", f"{space.path('secrets')}?{query}", headers=headers)
    response = connection.getresponse()
    try:
        yield (json.loads(line) for line in response)
    finally:
        connection.close()


def version_of(space: Space) -> str:
    return str(space.ask("GET", "secrets")[1]["metadata"]["resourceVersion"])


def secret(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}}


def test_reads_stop_where_they_were_and_writes_go_on(space: Space) -> None:
    space.create("configmaps", config_map(a="old"))
    fault = space.fleet.fault("past", cluster="a")
    before = version_of(space)
    status, written = space.apply("configmaps", config_map(a="new"), force=True)
    space.create("secrets", secret("further"))
    assert (status, written["data"]) == (200, {"a": "new"})
    assert settings_of(space) == {"a": "old"}
    assert space.list("secrets") == []
    assert version_of(space) == before
    space.fleet.clear_faults(fault)
    assert settings_of(space) == {"a": "new"}
    assert len(space.list("secrets")) == 1


def test_a_scale_is_as_old_as_its_workload(space: Space) -> None:
    def replicas() -> Any:
        return space.ask("GET", "deployments", "api", sub="scale")[1]["spec"]["replicas"]

    space.create("deployments", deployment(replicas=1))
    fault = space.fleet.fault("past", cluster="a")
    space.patch("deployments", "api", {"spec": {"replicas": 2}})
    assert replicas() == space.get("deployments", "api")["spec"]["replicas"] == 1
    space.fleet.clear_faults(fault)
    assert replicas() == 2


def test_it_may_go_back_to_before_what_was_already_read(space: Space) -> None:
    space.create("configmaps", config_map(a="new"))
    assert settings_of(space) == {"a": "new"}
    fault = space.fleet.fault("past", cluster="a", back_s=3600)
    assert settings_of(space) == 404
    space.fleet.clear_faults(fault)
    assert settings_of(space) == {"a": "new"}


def test_what_was_deleted_since_is_still_there(space: Space) -> None:
    space.create("configmaps", config_map(a="1"))
    space.fleet.fault("past", cluster="a")
    assert space.ask("DELETE", "configmaps", "settings")[0] == 200
    assert settings_of(space) == {"a": "1"}
    assert space.ask("DELETE", "configmaps", "settings")[0] == 404


def test_a_write_that_builds_on_an_old_read_is_a_conflict(space: Space) -> None:
    space.create("configmaps", config_map(a="1"))
    space.fleet.fault("past", cluster="a")
    space.apply("configmaps", config_map(a="2"), force=True)
    seen = space.get("configmaps", "settings")
    assert space.ask("PUT", "configmaps", "settings", seen)[0] == 409


def test_only_reads_that_may_come_from_a_cache_are_old_where_the_cache_is(space: Space) -> None:
    space.create("configmaps", config_map(a="1"))
    space.fleet.fault("past", cluster="a", how="cache")
    space.apply("configmaps", config_map(a="2"), force=True)
    assert settings_of(space) == {"a": "2"}
    assert settings_of(space, "resourceVersion=0") == {"a": "1"}


def test_a_list_not_older_than_a_version_that_has_not_come_yet_is_refused(space: Space) -> None:
    space.fleet.fault("past", cluster="a")
    written = space.create("configmaps", config_map(a="1"))["metadata"]["resourceVersion"]
    status, answer = space.ask("GET", "configmaps", query=f"resourceVersion={written}")
    assert status == 504
    assert answer["message"].startswith(f"Timeout: Too large resource version: {written}")


def test_watches_fall_silent_and_then_tell_all_in_order(space: Space) -> None:
    before = version_of(space)
    with watching(space, before) as early:
        fault = space.fleet.fault("past", cluster="a")
        first = space.create("secrets", secret("first"))["metadata"]["resourceVersion"]
        with (
            watching(space, before) as late,
            watching(space, first) as ahead,
            watching(space, "0") as listing,
        ):
            space.create("secrets", secret("second"))
            space.fleet.clear_faults(fault)
            told = [[next(lines)["object"]["metadata"]["name"] for _ in range(2)] for lines in (early, late)]
            assert told == [["first", "second"]] * 2
            assert next(ahead)["object"]["metadata"]["name"] == "second"
            assert next(listing)["object"]["metadata"]["name"] == "first"


def test_a_watch_of_the_past_says_nothing_and_ends_at_its_time(space: Space) -> None:
    space.fleet.fault("past", cluster="a")
    before = version_of(space)
    space.create("secrets", secret("late"))
    with watching(space, before, timeoutSeconds="1") as lines:
        assert list(lines) == []


def test_the_past_is_found_by_the_clock_as_far_as_history_goes() -> None:
    store = Store(history_length=2)
    for number in range(4):
        store.put("configmaps", {"metadata": {"name": f"c{number}"}})
    newest = store.history[-1]
    assert version_before(store, newest.at) == store.version
    past = Past(store, version_before(store, store.history[0].at - 1))
    assert past.version == store.compacted == 3
    assert [obj["metadata"]["name"] for obj in past.listed("configmaps")] == ["c0", "c1"]


@pytest.fixture(autouse=True)
def _well_again(space: Space) -> Iterator[None]:
    yield
    space.fleet.clear_faults()
