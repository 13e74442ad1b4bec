"""A cluster that comes back with old state: a restore of a backup of etcd."""

import http.client
import subprocess
import sys
from typing import Any

import pytest

from simulator.testing import Fleet
from tests.simulator.space import Space, config_map, deployment, service, until
from tests.simulator.test_sim_past import watching
from tests.simulator.test_sim_versions import got


def uid(obj: Any) -> str:
    return str(obj["metadata"]["uid"])


def version(obj: Any) -> int:
    return int(obj["metadata"]["resourceVersion"])


def newest(space: Space) -> int:
    return version(space.ask("GET", "secrets")[1])


def image(space: Space) -> str:
    found = space.get("deployments", "api")["spec"]["template"]["spec"]["containers"][0]["image"]
    return str(found).rpartition(":")[2]


def test_what_was_changed_made_and_deleted_since_is_undone_versions_and_uids_included(
    fleet: Fleet, space: Space
) -> None:
    kept = space.create("configmaps", config_map("kept", a="old"))
    gone = space.create("configmaps", config_map("gone"))
    backup, before = fleet.backup("a"), newest(space)
    space.apply("configmaps", config_map("kept", a="new"), force=True)
    space.ask("DELETE", "configmaps", "gone")
    remade = space.create("configmaps", config_map("gone", again="yes"))
    space.create("configmaps", config_map("later"))
    assert newest(space) > before
    undo = fleet.restore("a", backup)
    assert space.get("configmaps", "kept") == kept
    assert uid(space.get("configmaps", "gone")) == uid(gone) != uid(remade)
    assert space.ask("GET", "configmaps", "later")[0] == 404
    assert newest(space) < version(remade), "versions are given a second time"
    fleet.restore("a", undo)
    assert space.get("configmaps", "kept")["data"] == {"a": "new"}
    assert uid(space.get("configmaps", "gone")) == uid(remade)
    assert space.ask("GET", "configmaps", "later")[0] == 200


def test_a_watch_is_cut_and_cannot_go_on_from_before(fleet: Fleet, space: Space) -> None:
    backup = fleet.backup("a")
    space.create("secrets", {"metadata": {"name": "one"}})
    access = fleet.clusters["a"]
    connection = http.client.HTTPConnection(access.server.removeprefix("http://"), timeout=5)
    path = f"{space.path('secrets')}?watch=1&resourceVersion={newest(space)}"
    connection.request("GET", path, headers={"Authorization": f"Bearer {access.token}"})
    stream = connection.getresponse()
    fleet.restore("a", backup)
    with pytest.raises((http.client.HTTPException, OSError)):
        stream.read()
    connection.close()
    behind = "resourceVersion=1&resourceVersionMatch=Exact"
    assert space.ask("GET", "secrets", query=behind)[0] == 410


def test_a_watch_that_goes_on_from_before_hears_nothing_until_versions_have_caught_up(
    fleet: Fleet, space: Space
) -> None:
    backup = fleet.backup("a")
    for number in range(60):
        space.create("secrets", {"metadata": {"name": f"s{number}"}})
    behind = str(newest(space))
    fleet.restore("a", backup)
    with watching(space, behind, allowWatchBookmarks="true", timeoutSeconds="1") as lines:
        space.create("secrets", {"metadata": {"name": "unheard"}})
        assert list(lines) == []
    fleet.restore("a", backup, bump=10_000)
    with watching(space, str(newest(space))) as lines:
        space.create("secrets", {"metadata": {"name": "heard"}})
        assert next(lines)["object"]["metadata"]["name"] == "heard"


def test_versions_may_be_raised_as_etcdutl_does(fleet: Fleet, space: Space) -> None:
    backup, before = fleet.backup("a"), newest(space)
    fleet.restore("a", backup, bump=1_000_000)
    assert newest(space) >= before + 1_000_000
    assert version(space.create("configmaps", config_map())) > 1_000_000


def test_controllers_take_the_old_state_for_what_is_wanted(fleet: Fleet, space: Space) -> None:
    space.create("services", service())
    space.apply("deployments", deployment(tag="v1", replicas=2))
    until(lambda: space.rolled_out(tag="v1"), "v1")
    backup = fleet.backup("a")
    generation = space.get("deployments", "api")["metadata"]["generation"]
    space.apply("deployments", deployment(tag="v2", replicas=2), force=True)
    until(lambda: space.rolled_out(tag="v2"), "v2")
    undo = fleet.restore("a", backup)
    assert image(space) == "v1"
    assert space.get("deployments", "api")["metadata"]["generation"] == generation
    until(lambda: space.rolled_out(tag="v1"), "v1 again")
    port = space.get("services", "api")["spec"]["ports"][0]["nodePort"]
    assert got(f"http://127.0.0.1:{port}/")[0] == 200
    space.patch("deployments", "api", {"spec": {"replicas": 4}})
    until(lambda: space.rolled_out(tag="v1") and len(space.list("pods")) == 4, "it goes on from there")
    fleet.restore("a", undo)
    until(lambda: space.rolled_out(tag="v2") and len(space.list("pods")) == 2, "v2 after all")


def test_pods_that_were_starting_start_again(fleet: Fleet, space: Space) -> None:
    fleet.settings(pod_start=[30, 30])
    space.apply("deployments", deployment(replicas=2))
    until(lambda: len(space.list("pods")) == 2, "pods")
    backup = fleet.backup("a")
    fleet.settings(pod_start=[0.05, 0.2])
    space.ask("DELETE", "deployments", "api")
    until(lambda: not space.list("pods"), "deleted")
    fleet.restore("a", backup)
    until(space.rolled_out, "rolled out")


def test_a_service_that_is_back_listens_again(fleet: Fleet, space: Space) -> None:
    space.create("services", service())
    space.apply("deployments", deployment(replicas=1))
    until(space.rolled_out, "rolled out")
    port = space.get("services", "api")["spec"]["ports"][0]["nodePort"]
    backup = fleet.backup("a")
    space.ask("DELETE", "services", "api")
    fleet.restore("a", backup)
    until(lambda: got(f"http://127.0.0.1:{port}/")[0] == 200, "served")


@pytest.mark.parametrize(
    "body", [{"cluster": "z"}, {"cluster": "a", "backup": "b0"}, {"cluster": "a", "bump": -1}]
)
def test_a_restore_that_cannot_be_is_refused_with_a_sentence(fleet: Fleet, body: dict) -> None:
    fleet.backup("a")
    with pytest.raises(RuntimeError, match="400"):
        fleet.ask("POST", "/restore", body)


def test_it_is_done_from_the_command_line(fleet: Fleet, space: Space) -> None:
    def simulator(*arguments: str) -> str:
        command = [sys.executable, "-m", "simulator", *arguments]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout

    space.create("configmaps", config_map(a="1"))
    taken = simulator("backup", fleet.control, "a")
    space.apply("configmaps", config_map(a="2"), force=True)
    assert '"undo"' in simulator("restore", fleet.control, "a")
    assert space.get("configmaps", "settings")["data"] == {"a": "1"}
    assert fleet.ask("GET", "/backups")["backups"][-1]["why"].startswith("before the restore of b")
    assert '"id"' in taken
