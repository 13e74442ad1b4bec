"""People's writes to Clusters: who may, what they leave behind, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from access.permissions import Denied
from clusters import actions
from clusters.actions.clusters import facts_of
from clusters.core.credentials import Credentials
from clusters.core.registration import ACCESS, PURPOSES, Facts, facts_digest
from clusters.models import Cluster, Prod
from clusters.vault import decrypt
from journal.core.reasons import Refused
from journal.models import Event
from releases.actions import start_release
from releases.preview import preview_release
from tests import build
from traffic.models import RouteMember, Router, RouterInstance

pytestmark = pytest.mark.django_db

TOKEN = Credentials("https://a.example", token="canary-token")
FACTS = Facts("gke", "eu", "eu-a", "edge")

WRITES: dict[str, Callable[[Any], Any]] = {
    "add": lambda who: actions.add_cluster(who, "b", FACTS, "token", TOKEN),
    "register": lambda who: actions.register_cluster(
        who, "b", provider="x", region="", failure_domain="x", credentials=TOKEN
    ),
    "change": lambda who: actions.change_cluster(who, "a", FACTS),
    "replace": lambda who: actions.replace_credentials(who, "a", "token", TOKEN),
    "cordon": lambda who: actions.cordon_cluster(who, "a"),
    "uncordon": lambda who: actions.uncordon_cluster(who, "a"),
    "retire": lambda who: actions.retire_cluster(who, "a"),
    "remove": lambda who: actions.remove_cluster(who, "a"),
}


@pytest.fixture
def a() -> Cluster:
    return build.cluster("a")


def codes(act: Callable[[], Any]) -> list[str]:
    """Why it is refused; nothing may have changed."""
    before, events = list(Cluster.objects.values()), Event.objects.count()
    with pytest.raises(Refused) as caught:
        act()
    assert (list(Cluster.objects.values()), Event.objects.count()) == (before, events)
    return [reason.code for reason in caught.value.reasons]


@pytest.mark.parametrize("role", ["viewer", "on-call", "release-manager"])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_only_an_admin_writes(a: Cluster, write: Callable[[Any], Any], role: str) -> None:
    before, events = list(Cluster.objects.values()), Event.objects.count()
    with pytest.raises(Denied):
        write(build.person(role))
    assert (list(Cluster.objects.values()), Event.objects.count()) == (before, events)


LEAVES = {
    "add": [("b", "", "registered")],
    "change": [("a", "", "")],
    "replace": [("a", "", "")],
    "cordon": [("a", "active", "cordoned")],
    "retire": [("a", "active", "retired")],
    "remove": [("a", "active", "removed")],
}


@pytest.mark.parametrize("name", LEAVES)
def test_each_write_leaves_one_event_without_a_secret(a: Cluster, name: str) -> None:
    known = Event.objects.count()
    admin = build.person("admin")
    WRITES[name](admin)
    events = list(Event.objects.order_by("id"))[known:]
    assert [(one.cluster, one.from_state, one.to_state) for one in events] == LEAVES[name]
    assert events[0].actor == admin
    assert "canary" not in str(events[0].reason)


@pytest.mark.parametrize("write", ["change", "replace", "cordon", "uncordon", "retire", "remove"])
def test_a_cluster_that_is_not_there_is_refused(write: str) -> None:
    assert codes(lambda: WRITES[write](build.person("admin"))) == ["cluster-not-registered"]


def test_the_ways_to_connect_are_those_of_the_rows() -> None:
    assert set(ACCESS) == set(Cluster.Access.values)
    assert set(PURPOSES) == set(Cluster.Purpose.values)


def test_a_name_is_given_once(a: Cluster) -> None:
    assert codes(lambda: actions.add_cluster(build.person("admin"), "a", FACTS, "token", TOKEN)) == [
        "cluster-exists"
    ]


def test_registering_the_same_again_does_not_touch_the_credentials(a: Cluster) -> None:
    again = {"provider": "x", "region": "", "failure_domain": "x"}
    first = bytes(Cluster.objects.get().credentials)
    actions.register_cluster(build.person("admin"), "a", **again, credentials=decrypt(a.credentials))
    assert bytes(Cluster.objects.get().credentials) == first
    actions.register_cluster(build.person("admin"), "a", **again, credentials=TOKEN)
    assert decrypt(Cluster.objects.get().credentials) == TOKEN


def test_the_same_facts_again_leave_no_event(a: Cluster) -> None:
    known = Event.objects.count()
    actions.change_cluster(build.person("admin"), "a", facts_of(a))
    assert Event.objects.count() == known


def test_a_change_on_what_is_no_longer_so_is_refused(a: Cluster) -> None:
    seen = facts_digest(facts_of(a))
    Cluster.objects.update(region="meanwhile")
    assert codes(lambda: actions.change_cluster(build.person("admin"), "a", FACTS, seen)) == [
        "cluster-changed"
    ]


def test_other_credentials_forget_what_the_old_ones_could_do(a: Cluster) -> None:
    Cluster.objects.update(rights_at="2026-01-01T00:00:00Z", missing_rights=[1], excess_rights=[2])
    row = actions.replace_credentials(build.person("admin"), "a", "token", TOKEN)
    assert (row.rights_at, row.missing_rights, row.excess_rights) == (None, [], [])
    assert (row.server, decrypt(row.credentials)) == ("https://a.example", TOKEN)


def test_the_own_service_account_takes_the_setting(a: Cluster, settings: Any) -> None:
    own = Credentials("", in_cluster=True)
    admin = build.person("admin")
    assert codes(lambda: actions.replace_credentials(admin, "a", "in-cluster", own)) == ["not-in-cluster"]
    settings.IN_CLUSTER = True
    assert (
        actions.replace_credentials(admin, "a", "in-cluster", own).server == "https://kubernetes.default.svc"
    )


INTENTS = {
    ("cordon", "active"): "",
    ("cordon", "cordoned"): "cluster-intent",
    ("cordon", "retired"): "cluster-intent",
    ("uncordon", "active"): "cluster-intent",
    ("uncordon", "cordoned"): "",
    ("uncordon", "draining"): "",
    ("uncordon", "upgrading"): "cluster-intent",
    ("retire", "cordoned"): "",
    ("retire", "retired"): "cluster-retired",
    ("replace", "retired"): "cluster-retired",
    ("remove", "retired"): "",
}


@pytest.mark.parametrize(("case", "code"), INTENTS.items(), ids=[" ".join(case) for case in INTENTS])
def test_what_may_be_done_depends_on_the_intent(a: Cluster, case: tuple[str, str], code: str) -> None:
    verb, intent = case
    Cluster.objects.update(intent=intent)
    if code:
        assert codes(lambda: WRITES[verb](build.person("admin"))) == [code]
    else:
        WRITES[verb](build.person("admin"))


def test_what_was_emptied_is_active_again_only_when_its_users_are_back() -> None:
    build.fleet(whole_groups=True)
    Cluster.objects.filter(name="a").update(intent="draining")
    mine = RouteMember.objects.filter(route__name="shop-r", prod__name="a-2")
    mine.update(weight=0)
    with pytest.raises(Refused) as caught:
        WRITES["uncordon"](build.person("admin"))
    assert [dict(why.params)["prods"] for why in caught.value.reasons] == ["a-2"]
    mine.update(weight=50)
    WRITES["uncordon"](build.person("admin"))
    assert Cluster.objects.get(name="a").intent == "active"


@pytest.mark.parametrize("verb", ["retire", "remove"])
def test_a_cluster_with_routers_stays_and_names_them(a: Cluster, verb: str) -> None:
    router = Router.objects.create(name="edge", kind="gateway-api")
    RouterInstance.objects.create(router=router, name="edge-1", failure_domain="x", cluster=a, settings={})
    with pytest.raises(Refused) as caught:
        WRITES[verb](build.person("admin"))
    assert [(why.code, dict(why.params)["routers"]) for why in caught.value.reasons] == [
        ("cluster-has-routers", "edge-1")
    ]


@pytest.mark.parametrize("verb", ["retire", "remove"])
def test_a_cluster_with_prods_stays(verb: str) -> None:
    build.fleet(whole_groups=True)
    assert codes(lambda: WRITES[verb](build.person("admin"))) == ["cluster-in-use"]


@pytest.mark.parametrize("verb", ["retire", "remove"])
def test_a_cluster_that_runs_use_stays_and_names_them(verb: str) -> None:
    build.fleet(whole_groups=True)
    plan = preview_release("shop", "v1.1.0", {}, []).plan
    run = start_release(build.person("release-manager"), "shop", "v1.1.0", {}, [], plan.digest)
    with pytest.raises(Refused) as caught:
        WRITES[verb](build.person("admin"))
    told = {reason.code: dict(reason.params) for reason in caught.value.reasons}
    assert told["cluster-in-use"]["prods"] == "a-1, a-2"
    assert told["cluster-in-runs"]["runs"] == f"#{run.pk}"


def test_retired_prods_let_it_retire_but_not_vanish() -> None:
    build.fleet(whole_groups=True)
    Prod.objects.filter(cluster__name="a").update(lifecycle="retired")
    admin = build.person("admin")
    assert codes(lambda: actions.remove_cluster(admin, "a")) == ["cluster-has-history"]
    actions.retire_cluster(admin, "a")
    assert Cluster.objects.get(name="a").intent == "retired"
