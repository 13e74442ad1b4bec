"""The pages of Clusters: what they show, to whom, and what the buttons say."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from clusters.core.nodes import nodes_to_json
from clusters.core.rights import Right, rights_to_json
from clusters.models import Cluster, KubeEvent, ProbeMinute, Prod
from journal.models import Event
from tests import build
from tests.web.conftest import PEOPLE, Browser

READ, ON_CALL, ADMIN = "viewer", "on-call", "admin"
PAGES = {
    "/clusters/": READ,
    "/clusters/live/": READ,
    "/clusters/a/": READ,
    "/clusters/a/live/": READ,
    "/clusters/new/": ADMIN,
    "/clusters/a/edit/": ADMIN,
    "/clusters/a/credentials/": ADMIN,
    "/clusters/a/cordon/": ADMIN,
    "/clusters/a/uncordon/": ADMIN,
    "/clusters/a/retire/": ADMIN,
    "/clusters/a/remove/": ADMIN,
}
POSTS = {path: least for path, least in PAGES.items() if least == ADMIN} | {"/clusters/a/test/": ON_CALL}


def allowed(role: str, least: str) -> bool:
    return role != "anonymous" and build.ROLES.index(role) >= build.ROLES.index(least)


@pytest.fixture
def a(db: None) -> Cluster:
    return build.cluster("a", "north")


@pytest.mark.parametrize("role", PEOPLE)
def test_every_page_asks_for_its_role(a: Cluster, browser: Browser, role: str) -> None:
    client = browser(role)
    for path, least in PAGES.items():
        expected = 200 if allowed(role, least) else 302 if role == "anonymous" else 403
        assert client.get(path).status_code == expected, path


@pytest.mark.parametrize("role", PEOPLE)
def test_every_form_asks_for_its_role(a: Cluster, browser: Browser, role: str) -> None:
    client = browser(role)
    before = Cluster.objects.values().get(name="a")
    for path, least in POSTS.items():
        if allowed(role, least):
            continue
        assert client.post(path, {"typed": "a"}).status_code == (302 if role == "anonymous" else 403), path
    assert Cluster.objects.values().get(name="a") == before


@pytest.mark.parametrize("path", [path.replace("/a/", "/zzz/") for path in PAGES | POSTS if "/a/" in path])
def test_a_cluster_that_is_not_there_is_not_found(db: None, browser: Browser, path: str) -> None:
    client = browser(ADMIN)
    assert (
        client.post(path).status_code == 404
        if path.endswith("/test/")
        else client.get(path).status_code == 404
    )


def test_each_route_carries_the_action_it_asks_for() -> None:
    routes = [route for route in _routes() if str(route.pattern).startswith("clusters/")]
    assert len(routes) == len(PAGES) + 1
    for route in routes:
        assert getattr(route.callback, "action", "") in {"read", "cluster.write", "cluster.test"}


def _routes() -> list[Any]:
    found = [one for one in get_resolver().url_patterns if getattr(one, "app_name", "") == "clusters"]
    return list(found[0].url_patterns)


def shown(client: Client, path: str = "/clusters/a/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_without_clusters_the_list_says_what_to_do(db: None, browser: Browser) -> None:
    assert 'href="/clusters/new/"' in shown(browser(ADMIN), "/clusters/")
    said = shown(browser(READ), "/clusters/")
    assert "No cluster yet" in said and 'href="/clusters/new/"' not in said


def test_the_list_shows_health_and_intent_apart(a: Cluster, browser: Browser) -> None:
    Cluster.objects.update(
        intent="cordoned",
        health="unreachable",
        health_reason={"code": "cluster-silent-to-probe", "params": {"error": "TimeoutError"}},
        server_version="v1.36.2",
    )
    said = shown(browser(READ), "/clusters/")
    for words in ("unreachable", "cordoned", "TimeoutError", "v1.36.2", "north"):
        assert words in said


def test_old_facts_are_not_called_healthy(a: Cluster, browser: Browser) -> None:
    Cluster.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    said = shown(browser(READ))
    assert "no fresh facts" in said and ">healthy<" not in said


def test_the_queries_of_the_list_do_not_grow(
    db: None, browser: Browser, django_assert_num_queries: Any
) -> None:
    client = browser(READ)
    for name in ("a", "b"):
        build.cluster(name)
    with django_assert_num_queries(6):  # session, person, clusters, probes, and two of the frame
        client.get("/clusters/")
    for name in ("c", "d", "e"):
        build.cluster(name)
    with django_assert_num_queries(6):
        client.get("/clusters/")


def test_the_page_shows_what_is_known(fleet: None, browser: Browser) -> None:
    now = timezone.now()
    a = Cluster.objects.get(name="a")
    ProbeMinute.objects.create(
        cluster=a, minute=now.replace(second=0, microsecond=0), probes=30, failed=1, latency_sum_ms=290,
        latency_max_ms=37,
    )  # fmt: skip
    node = {
        "metadata": {"name": "node-7", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"unschedulable": True},
        "status": {
            "capacity": {"cpu": "3500m", "memory": "16Gi"},
            "nodeInfo": {"kubeletVersion": "v1.35.9"},
            "conditions": [{"type": "Ready", "status": "False"}, {"type": "DiskPressure", "status": "True"}],
        },
    }
    Cluster.objects.filter(pk=a.pk).update(
        nodes=nodes_to_json([node]), nodes_at=now, rights_at=now,
        missing_rights=rights_to_json([Right("apps", "deployments", "patch")]),
        excess_rights=rights_to_json([Right("", "secrets", "list")]),
    )  # fmt: skip
    KubeEvent.objects.create(
        cluster=a, prod=Prod.objects.get(name="a-1"), uid="e1", about="Pod api-1", type="Warning",
        reason="BackOff", message="<b>back-off</b>", count=7, last_at=now,
    )  # fmt: skip
    said = shown(browser(READ))
    for words in (
        "mean 10 ms, longest 37 ms", "30 probes, 1 failed", "node-7", "v1.35.9", "3.5", "16 GiB", "not ready",
        "DiskPressure", "unschedulable", "deployments.apps", "patch", "secrets", "BackOff", "a-1", "a-2",
        "&lt;b&gt;back-off&lt;/b&gt;", "http://127.0.0.1:1",
    ):  # fmt: skip
        assert words in said, words
    assert "style=" not in said


def test_buttons_that_do_nothing_say_why(fleet: None, browser: Browser) -> None:
    said = shown(browser(ADMIN))
    assert "Prods stand on the cluster a: a-1, a-2" in said
    assert "it takes admin" in shown(browser(ON_CALL))
    assert said.count(" disabled") == 2, "retire and remove"


def test_an_intent_is_changed_and_told(a: Cluster, browser: Browser) -> None:
    client = browser(ADMIN)
    assert client.post("/clusters/a/cordon/", {"reason": "new disks <i>"}).status_code == 302
    assert Cluster.objects.get().intent == "cordoned"
    said = shown(client)
    assert "new disks &lt;i&gt;" in said and "/clusters/a/uncordon/" in said
    assert client.post("/clusters/a/uncordon/").status_code == 302
    assert list(Event.objects.filter(cluster="a").values_list("from_state", "to_state")) == [
        ("", "registered"), ("active", "cordoned"), ("cordoned", "active"),
    ]  # fmt: skip


def test_a_cluster_that_is_active_already_says_so(a: Cluster, browser: Browser) -> None:
    said = browser(ADMIN).get("/clusters/a/uncordon/").content.decode()
    assert "Cluster a: Uncordon</h1>" in said and "disabled" in said
    assert "The cluster a is active" in said


@pytest.mark.parametrize("verb", ["retire", "remove"])
@pytest.mark.parametrize("typed", ["", "b", "A", "a" * 64], ids=["nothing", "another", "case", "long"])
def test_the_end_needs_the_name_typed(a: Cluster, browser: Browser, verb: str, typed: str) -> None:
    answer = browser(ADMIN).post(f"/clusters/a/{verb}/", {"typed": typed})
    assert answer.status_code == 400
    assert Cluster.objects.get().intent == "active"


def test_a_cluster_in_use_is_not_ended(fleet: None, browser: Browser) -> None:
    client = browser(ADMIN)
    for verb in ("retire", "remove"):
        answer = client.post(f"/clusters/a/{verb}/", {"typed": "a"}, follow=True)
        assert "Prods stand on the cluster a: a-1, a-2" in answer.content.decode()
    assert Cluster.objects.get(name="a").intent == "active"


def test_a_cluster_that_nobody_uses_is_retired_and_removed(a: Cluster, browser: Browser) -> None:
    client = browser(ADMIN)
    client.post("/clusters/a/retire/", {"typed": "a"})
    assert Cluster.objects.get().intent == "retired"
    assert "1 retired cluster" in shown(client, "/clusters/")
    assert client.post("/clusters/a/test/", follow=True).content.decode().count("is retired") >= 1
    assert client.post("/clusters/a/remove/", {"typed": "a"}).status_code == 302
    assert not Cluster.objects.exists()
    assert Event.objects.filter(cluster="a", to_state="removed").count() == 1


def test_a_connection_that_fails_says_why(a: Cluster, browser: Browser) -> None:
    said = browser(ON_CALL).post("/clusters/a/test/", follow=True).content.decode()
    assert "could not be reached" in said
    assert Cluster.objects.get().rights_at is None
