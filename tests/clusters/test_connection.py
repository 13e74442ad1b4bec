"""Testing a connection, against simulated clusters that check rights as a real one does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from access.permissions import Denied
from clusters import actions
from clusters.core.credentials import Credentials
from clusters.core.rights import Right, needed
from clusters.models import Cluster
from journal.core.reasons import Refused
from journal.models import Event
from simulator.testing import Fleet, start_fleet
from tests import build

pytestmark = pytest.mark.django_db
ROLE = Path(__file__).resolve().parents[2] / "deploy" / "clusters" / "clusterrole.yaml"


@pytest.fixture(scope="module")
def simulated() -> Iterator[Fleet]:
    with start_fleet(["a"]) as fleet:
        yield fleet


@pytest.fixture
def shipped() -> list[dict[str, Any]]:
    """The rules of the ClusterRole that is shipped."""
    rules: list[dict[str, Any]] = yaml.safe_load(ROLE.read_text())["rules"]
    return rules


def registered(fleet: Fleet, rules: list[dict[str, Any]]) -> Cluster:
    token = fleet.mint_token("a", rules)
    return build.cluster("a", reached={"server": fleet.clusters["a"].server, "token": token})


def test_the_shipped_role_is_all_that_is_needed_and_nothing_more(
    simulated: Fleet, shipped: list[dict[str, Any]]
) -> None:
    registered(simulated, shipped)
    tested = actions.try_connection(build.person("on-call"), "a")
    assert (tested.version, tested.missing, tested.excess) == ("v1.36.2", (), ())
    row = Cluster.objects.get()
    assert (row.missing_rights, row.excess_rights, row.server_version) == ([], [], "v1.36.2")
    assert row.rights_at is not None
    event = Event.objects.get(kind="cluster-test")
    assert event.actor == build.person("on-call")
    assert event.reason["params"]["version"] == "v1.36.2"


def test_what_is_missing_or_too_much_is_told_and_stored(
    simulated: Fleet, shipped: list[dict[str, Any]]
) -> None:
    fewer = [rule for rule in shipped if "nodes" not in rule["resources"]]
    more = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}
    registered(simulated, [*fewer, more])
    tested = actions.try_connection(build.person("admin"), "a")
    assert set(tested.missing) == {
        Right("", resource, verb) for resource in ("nodes", "events") for verb in ("list", "watch")
    }
    assert tested.excess == (Right("", "secrets", "list"),)
    row = Cluster.objects.get()
    assert {one["resource"] for one in row.missing_rights} == {"nodes", "events"}
    assert row.excess_rights == [{"group": "", "resource": "secrets", "verb": "list"}]


def test_an_all_powerful_token_is_called_that(simulated: Fleet) -> None:
    build.cluster(
        "a", reached={"server": simulated.clusters["a"].server, "token": simulated.clusters["a"].token}
    )
    tested = actions.try_connection(build.person("admin"), "a")
    assert tested.missing == ()
    assert Right("*", "*", "*") in tested.excess


def test_a_token_for_nothing_lacks_everything(simulated: Fleet) -> None:
    registered(simulated, [{"apiGroups": ["x"], "resources": ["y"], "verbs": ["get"]}])
    tested = actions.try_connection(build.person("admin"), "a")
    # Every cluster grants the reviews themselves to whoever is known.
    assert set(needed()) - set(tested.missing) == {
        right for right in needed() if right.group == "authorization.k8s.io"
    }


def test_a_wrong_token_is_refused_and_nothing_is_stored(simulated: Fleet) -> None:
    build.cluster("a", reached={"server": simulated.clusters["a"].server, "token": "wrong"})
    with pytest.raises(Refused) as caught:
        actions.try_connection(build.person("admin"), "a")
    assert caught.value.reasons[0].code == "cluster-denied"
    assert Cluster.objects.get().rights_at is None


def test_credentials_that_were_replaced_meanwhile_get_no_foreign_result(
    simulated: Fleet, shipped: list[dict[str, Any]]
) -> None:
    row = registered(simulated, shipped)
    from clusters.actions.connection import Tested, _store

    actions.replace_credentials(
        build.person("admin"), "a", "token", Credentials("https://b.example", token="t")
    )
    with pytest.raises(Refused) as caught:
        _store(build.person("admin"), row, Tested("v1", 1, (), ()))
    assert caught.value.reasons[0].code == "cluster-changed"
    assert Cluster.objects.get().rights_at is None


def test_a_viewer_may_not_test() -> None:
    build.cluster("a")
    with pytest.raises(Denied):
        actions.try_connection(build.person("viewer"), "a")
