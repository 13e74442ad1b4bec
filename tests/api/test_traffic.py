"""Routes, Tenants and routers over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from access.tokens import create_token
from clusters.models import Cluster, Prod
from journal.models import Event
from tests import build
from tests.api.conftest import Call
from tests.traffic.edge import Edge
from tests.traffic.standing import standing_fleet
from traffic.models import Publication, Route, RouteMember, RouterInstance, Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker, whole_groups=True):
        yield


@pytest.fixture(autouse=True)
def seen_just_now(db: None) -> None:
    build.fresh()


def named(answer: Any) -> list[str]:
    return [one["name"] for one in answer.json()["results"]]


def wrong(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {one["field"]: one["code"] for one in answer.json()["errors"]}


def test_a_route_shows_asked_and_actual(call: Call) -> None:
    Edge().publish("edge-1")
    shown = call("GET", "routes/shop-r/", role="viewer").json()
    assert shown["members"][0] == {"prod": "a-2", "weight": 50, "target": 50, "percent": 50}
    assert (shown["tenants"], shown["load"], shown["epoch"]) == (300, 300, 1)
    one, two = shown["publications"]
    assert (one["instance"], one["state"], one["epoch"], one["weights"]) == (
        "edge-1",
        "published",
        1,
        {"a-2": 50, "b-1": 50},
    )
    assert (two["state"], two["epoch"], two["read_at"]) == ("pending", 0, None)


def test_what_is_wrong_with_a_route_as_it_is_is_told(call: Call) -> None:
    assert call("GET", "routes/shop-r/", role="viewer").json()["troubles"] == []
    Cluster.objects.filter(name__in="ab").update(failure_domain="tokyo")
    build.observe("a-1", ready=0)
    told = {one["name"]: one["troubles"] for one in call("GET", "routes/", role="viewer").json()["results"]}
    (near,), (nobody,) = told["shop-r"], told["shop-s"]
    assert (near["code"], near["params"]) == ("redundancy-not-given", {"domain": "tokyo"})
    assert near["text"] == "It is to be in two failure domains and is only in tokyo."
    assert nobody["code"] == "no-member-serves" and told["shop-t"] == []
    report = call("GET", "survival/", role="viewer").json()["troubles"]
    assert [(one["route"], one["tenants"], one["reason"]["code"]) for one in report] == [
        ("shop-s", 400, "no-member-serves"),
        ("shop-r", 300, "redundancy-not-given"),
    ]


def test_room_says_what_is_free_and_which_prods_to_add(call: Call) -> None:
    shown = call("GET", "room/", role="viewer").json()
    mine = {one["prod"]: one for one in shown["prods"]}
    assert [(mine[name]["committed"], mine[name]["reserved"]) for name in ("a-1", "c-2")] == [
        (400, 0),
        (3, 0),
    ]
    assert mine["a-1"]["free"] == mine["a-1"]["carries"] - 400
    assert (shown["proposals"], shown["unmet"], shown["most_percent"]) == ([], [], 80)
    Prod.objects.filter(name__in=["b-1", "b-2", "c-1"]).update(capacity=400)
    wanted = call("GET", "room/", role="viewer").json()["proposals"]
    assert [(one["cluster"], one["blueprint"], one["version"]) for one in wanted] == [("c", "shop", "v1.0.0")]
    assert wanted[0]["why"][0]["code"] == "n-1-does-not-hold"
    assert "would have no place" in wanted[0]["why"][0]["text"]


def test_rebalancing_is_proposed_and_may_be_done_as_it_says(call: Call) -> None:
    assert call("GET", "rebalance/", role="viewer").json()["moves"] == []
    Prod.objects.filter(name="a-1").update(capacity=450)
    (move,) = call("GET", "rebalance/", role="viewer").json()["moves"]
    assert (move["route"], move["source"], move["to"], move["load"]) == ("shop-s", "a-1", "c-1", 400)
    assert (move["weights"], move["reason"]["code"]) == ({"a-1": 0, "c-1": 100}, "relieves")
    sent = {"weights": move["weights"], "epoch": move["epoch"], "for_good": True}
    assert call("POST", "routes/shop-s/actions/weights/", sent).status_code == 200
    shown = call("GET", "rebalance/").json()
    assert (shown["moves"], shown["staying"]) == ([], [])
    room = {one["prod"]: one["free"] for one in call("GET", "room/").json()["prods"]}
    assert room["c-1"] == move["room"]


def test_a_prod_that_cannot_be_relieved_is_named(call: Call) -> None:
    Prod.objects.exclude(name="c-2").update(capacity=450)
    shown = call("GET", "rebalance/", role="viewer").json()
    assert {one["route"] for one in shown["staying"]} == {"shop-s", "shop-t"}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("prod=a-2", ["shop-r"]),
        ("cluster=c", ["shop-u", "staff"]),
        ("state=unpublished", ["shop-r", "shop-s", "shop-t", "shop-u", "staff"]),
        ("page_size=2", ["shop-r", "shop-s"]),
    ],
)
def test_routes_are_filtered(call: Call, asked: str, names: list[str]) -> None:
    assert named(call("GET", f"routes/?{asked}")) == names


def test_a_filter_that_is_none_is_refused(call: Call) -> None:
    assert call("GET", "routes/?state=zzz").status_code == 400


def test_weights_are_set_and_gone_back_from(call: Call) -> None:
    sent = {"weights": {"a-2": 9, "b-1": 1}, "epoch": 1, "reason": "slow"}
    answer = call("POST", "routes/shop-r/actions/weights/", sent, role="on-call")
    assert answer.status_code == 200 and answer.json()["epoch"] == 2
    assert [one["percent"] for one in answer.json()["members"]] == [90, 10]
    back = call("POST", "routes/shop-r/actions/return/", {"epoch": 1, "seen": 2}, role="on-call")
    assert [one["weight"] for one in back.json()["members"]] == [50, 50]
    history = call("GET", "routes/shop-r/epochs/").json()["results"]
    assert [(one["epoch"], one["by"]) for one in history] == [(3, "on-call"), (2, "on-call"), (1, "admin")]
    assert history[1]["reason"]["text"].endswith("slow")


def test_another_writer_is_400_without_the_name_of_the_route(call: Call) -> None:
    Route.objects.filter(name="shop-r").update(data_class="single-writer")
    RouteMember.objects.filter(route__name="shop-r", prod__name="b-1").update(weight=0)
    moved = {"weights": {"a-2": 0, "b-1": 100}, "epoch": 1}
    unconfirmed = {"confirm": "writer-unconfirmed"}
    assert wrong(call("POST", "routes/shop-r/actions/weights/", moved)) == unconfirmed
    split = {"weights": {"b-1": 1}, "epoch": 1, "confirm": "shop-r"}
    assert wrong(call("POST", "routes/shop-r/actions/weights/", split)) == {"weights": "writer-split"}
    assert call("POST", "routes/shop-r/actions/weights/", {**moved, "confirm": "shop-r"}).status_code == 200
    back = {"weights": {"a-2": 100, "b-1": 0}, "epoch": 2, "confirm": "shop-r"}
    assert call("POST", "routes/shop-r/actions/weights/", back).status_code == 200
    sent = {"epoch": 2, "seen": 3}
    assert wrong(call("POST", "routes/shop-r/actions/return/", sent)) == unconfirmed
    sent = {**sent, "confirm": "shop-r"}
    assert call("POST", "routes/shop-r/actions/return/", sent).status_code == 200


def test_what_routers_show_is_read_and_taken_over(call: Call) -> None:
    edge = Edge()
    edge.publish()
    edge.routers["edge-1"].publish_from_outside("shop-r", 1001, {"a-2": 0, "b-1": 100})
    RouterInstance.objects.update(read_at=None)
    edge.publish()
    found = call("GET", "routers/edge/adoption/", role="viewer").json()
    (one,) = found["routes"]
    assert (one["epoch"], one["shown_epoch"], one["instance"]) == (1, 1001, "edge-1")
    assert (one["asked"], one["shown"]) == ({"a-2": 50, "b-1": 50}, {"a-2": 0, "b-1": 100})
    sent = {"digest": found["digest"], "reason": "at night"}
    assert call("POST", "routers/edge/adoption/", sent, role="viewer").status_code == 403
    assert call("POST", "routers/edge/adoption/", sent, role="on-call").json()["routes"] == []
    assert call("GET", "routes/shop-r/").json()["epoch"] == 1002
    again = call("POST", "routers/edge/adoption/", sent, role="on-call")
    assert (again.status_code, again.json()["code"]) == (409, "shown-moved-on")


def test_taking_over_another_single_writer_asks_for_its_routes_name(call: Call) -> None:
    Route.objects.filter(name="shop-r").update(data_class="single-writer")
    RouteMember.objects.filter(route__name="shop-r", prod__name="b-1").update(weight=0)
    edge = Edge()
    edge.publish()
    edge.routers["edge-1"].publish_from_outside("shop-r", 1001, {"a-2": 0, "b-1": 100})
    RouterInstance.objects.update(read_at=None)
    edge.publish()
    found = call("GET", "routers/edge/adoption/").json()
    assert [one["writer"] for one in found["routes"]] == ["b-1"]
    sent = {"digest": found["digest"]}
    assert wrong(call("POST", "routers/edge/adoption/", sent)) == {"confirm": "writer-unconfirmed"}
    assert call("POST", "routers/edge/adoption/", {**sent, "confirm": "shop-r"}).status_code == 200
    assert call("GET", "routes/shop-r/").json()["epoch"] == 1002


def test_what_other_weights_would_mean_is_told_and_nothing_is_set(call: Call) -> None:
    Edge()
    Cluster.objects.filter(name="b").update(intent="cordoned")
    path = "routes/shop-r/actions/weights/preview/"
    seen = call("POST", path, {"weights": {"b-1": 150 // 2}}, role="viewer").json()
    lines = {one["prod"]: one for one in seen["lines"]}
    assert [(one["was"], one["will"], one["will_percent"]) for _, one in sorted(lines.items())] == [
        (50, 50, 40),
        (50, 75, 60),
    ]
    assert (lines["b-1"]["was_load"], lines["b-1"]["will_load"], lines["b-1"]["committed"]) == (150, 180, 300)
    assert ([why["code"] for why in seen["warnings"]], seen["same"]) == (["would-serve-from-closed"], False)
    assert (seen["instances"], call("GET", "routes/shop-r/").json()["epoch"]) == (2, 1)
    assert call("POST", path, {"weights": {"a-2": 50}}).json()["same"] is True
    assert wrong(call("POST", path, {"weights": {"a-2": 101}})) == {"weights.a-2": "weight-no-percent"}
    nobody = {"weights": {"a-2": 0, "b-1": 0}}
    assert wrong(call("POST", path, nobody)) == {"weights": "weights-sum-to-nothing"}


def test_an_epoch_from_the_past_is_409(call: Call) -> None:
    sent = {"weights": {"a-2": 90}, "epoch": 1}
    assert call("POST", "routes/shop-r/actions/weights/", sent).status_code == 200
    answer = call("POST", "routes/shop-r/actions/weights/", sent)
    assert (answer.status_code, answer.json()["code"]) == (409, "route-moved-on")


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"weights": {"a-2": 0, "b-1": 0}, "epoch": 1}, {"weights": "weights-sum-to-nothing"}),
        ({"weights": {"zzz": 5}, "epoch": 1}, {"weights.zzz": "no-such-prod-here"}),
        ({"weights": {"a-2": 101}, "epoch": 1}, {"weights.a-2": "weight-no-percent"}),
        ({"weights": {"a-2": 5}}, {"epoch": "field-needed"}),
        ({"weights": {"a-2": 5}, "epoch": 1, "for_good": "yes"}, {"for_good": "no-switch"}),
        ({"weights": {"a-2": 5}, "epoch": 1, "zzz": 1}, {"zzz": "field-unknown"}),
        ([], {"body": "no-object"}),
    ],
)
def test_wrong_weights_are_400_at_their_field(call: Call, sent: Any, errors: dict[str, str]) -> None:
    assert wrong(call("POST", "routes/shop-r/actions/weights/", sent)) == errors


def test_if_match_is_of_what_people_set(call: Call) -> None:
    """What a publisher reads back in between is in nobody's way; what a person sets is."""
    client = Client(
        headers={"Authorization": f"Bearer {create_token(build.person('on-call'), 'x', 'on-call')}"}
    )
    tag = client.get("/api/v1/routes/shop-r/").headers["ETag"]
    Edge().publish()
    path, sent = "/api/v1/routes/shop-r/actions/weights/", {"weights": {"a-2": 90}, "epoch": 1}
    first = client.post(path, sent, "application/json", headers={"If-Match": tag})
    assert first.status_code == 200
    again = client.post(path, {**sent, "epoch": 2}, "application/json", headers={"If-Match": tag})
    assert again.status_code == 412


def test_the_roles(call: Call) -> None:
    sent = {"weights": {"a-2": 90}, "epoch": 1}
    tenant = {"name": "acme", "hostnames": ["acme.example"]}
    assert call("POST", "routes/shop-r/actions/weights/", sent, role="viewer").status_code == 403
    assert call("POST", "tenants/", tenant, role="on-call").status_code == 403
    assert call("POST", "routers/", {}, role="release-manager").status_code == 403
    assert call("GET", "routes/", role="viewer").status_code == 200


def test_a_tenant_is_added_changed_and_moved(call: Call) -> None:
    sent = {"name": "acme", "hostnames": ["acme.example"], "prods": ["a-1"]}
    made = call("POST", "tenants/", sent)
    assert (made.status_code, made.json()["hostnames"]) == (201, ["acme.example"])
    changed = call("PATCH", "tenants/acme/", {"load": 3})
    assert (changed.status_code, changed.json()["load"]) == (200, 3)
    moved = call("POST", "tenants/acme/actions/move/", {"route": "shop-t", "reason": "closer"})
    assert (moved.status_code, moved.json()["route"]) == (200, "shop-t")
    assert call("GET", "tenants/acme/").json() == moved.json()


def test_where_a_tenant_goes_and_why_is_told_before_and_after(call: Call) -> None:
    sent = {"name": "acme", "hostnames": ["acme.example"], "redundancy": "two-domain", "load": 60}
    place = call("POST", "tenant-placements/preview/", sent).json()
    assert (place["new_route"], place["load"], place["reasons"]) == (True, 60, [])
    assert (place["reason"]["code"], place["prods_reason"]["code"]) == ("new-route", "roomiest-in-domains")
    stale = call("POST", "tenants/", {**sent, "load": 61, "digest": place["digest"]})
    assert (stale.status_code, stale.json()["code"]) == (409, "place-stale")
    made = call("POST", "tenants/", {**sent, "digest": place["digest"]}).json()
    assert (made["route"], made["history"][0]["reason"]["code"]) == (place["route"], "tenant-placed")
    assert made["history"][0]["reason"]["text"].endswith(place["prods_reason"]["text"])
    moves = call("POST", "tenants/acme/actions/move/preview/", {"route": "shop-r"}).json()
    assert (moves["reason"]["code"], moves["prods_reason"], moves["prods"]) == (
        "route-was-named", None, ["a-2", "b-1"]
    )  # fmt: skip


def test_a_preview_of_a_tenant_changes_nothing_and_asks_for_the_right(call: Call) -> None:
    sent, before = {"name": "acme", "hostnames": ["acme.example"]}, Event.objects.count()
    for path, body in (
        ("tenant-placements/preview/", sent),
        ("tenants/shop-s-0001/actions/move/preview/", {}),
    ):
        assert call("POST", path, body, role="on-call").status_code == 403
        assert call("POST", path, body).status_code == 200
        assert wrong(call("POST", path, {**body, "route": "zzz"})) == {"route": "no-route-named-so"}
    assert call("POST", "tenants/zzz/actions/move/preview/", {}).status_code == 404
    assert not Tenant.objects.filter(name="acme").exists() and Event.objects.count() == before


@pytest.mark.parametrize(
    ("route", "prods"), [("shop-s", ["a-1"]), ("shop-r", ["a-2", "b-1"])], ids=["one Prod", "two domains"]
)
def test_a_route_is_divided_by_moving_tenants_out_of_it_to_the_same_prods(
    call: Call, route: str, prods: list[str]
) -> None:
    names = [f"{route}-{number:04d}" for number in range(1, 4)]
    Tenant.objects.filter(name__in=names).update(load=50)
    places = []
    for name in names:
        moved = call("POST", f"tenants/{name}/actions/move/", {"prods": prods, "reason": "smaller Routes"})
        assert moved.status_code == 200
        places.append(moved.json()["route"])
    assert places[0] == places[1] != places[2], "a Route has 10 % of the smallest Prod, which carries 1,000"
    assert route not in places
    for place in places:
        assert [one["prod"] for one in call("GET", f"routes/{place}/").json()["members"]] == prods


def test_a_tenant_says_where_it_is_since_when_and_what_would_become_of_it(call: Call) -> None:
    call("POST", "tenants/shop-s-0001/actions/move/", {"route": "shop-u", "reason": "closer"})
    weights = {"weights": {"c-1": 0, "b-2": 100}, "epoch": 2, "reason": "a test"}
    assert call("POST", "routes/shop-u/actions/weights/", weights).status_code == 200
    shown = call("GET", "tenants/shop-s-0001/", role="viewer").json()
    moved, came = shown["history"]
    assert (moved["was"], moved["now"], moved["reason"]["code"]) == (["c-1"], ["b-2"], "weights-set")
    assert (came["now"], came["reason"]["code"], shown["since"]) == ([], "tenant-moved", moved["at"])
    assert [(one["cluster"], one["how"], one["reason"]["code"]) for one in shown["fates"]] == [
        ("b", "moved", "goes-back-to")
    ]
    assert shown["gap"]["code"] == "no-redundancy-bought" and shown["moving"] == []


def test_a_tenant_says_which_run_is_moving_it(call: Call) -> None:
    plan = call("POST", "clusters/a/evacuation/preview/").json()
    sent = {"digest": plan["digest"], "reason": "it must go", "confirm": "a"}
    run = call("POST", "clusters/a/evacuation/", sent).json()["id"]
    (one,) = call("GET", "tenants/shop-s-0001/", role="viewer").json()["moving"]
    assert (one["run"], one["was"], one["by"]) == (run, ["a-1"], "release-manager")
    assert "a-1" not in one["now"] and "it must go" in one["reason"]["text"]


def test_a_list_of_tenants_is_previewed_then_imported_and_once_more_told(call: Call) -> None:
    sent = {"text": "name,hostnames\nacme,acme.example\nbolt,bolt.example\n"}
    shown = call("POST", "tenant-imports/preview/", sent)
    assert (shown.status_code, shown.json()["same"]) == (200, [])
    assert [(one["line"], one["name"], one["new_route"]) for one in shown.json()["tenants"]] == [
        (2, "acme", False), (3, "bolt", False)
    ]  # fmt: skip
    assert {one["reason"]["code"] for one in shown.json()["tenants"]} == {"route-has-space"}
    assert {one["prods_reason"]["code"] for one in shown.json()["tenants"]} == {"route-was-there"}
    assert wrong(call("POST", "tenant-imports/", sent)) == {"digest": "field-needed"}
    stale = call("POST", "tenant-imports/", {**sent, "digest": "0" * 64})
    assert (stale.status_code, stale.json()["code"]) == (409, "import-stale")
    sent["digest"] = shown.json()["digest"]
    made = call("POST", "tenant-imports/", sent)
    assert (made.status_code, made.json()) == (201, shown.json())
    again = call("POST", "tenant-imports/", sent)
    assert (again.status_code, again.json()["tenants"], again.json()["same"]) == (200, [], ["acme", "bolt"])
    assert call("POST", "tenant-imports/preview/", sent | {"text": "x"}).status_code == 400


def test_an_error_of_a_list_names_line_and_field(call: Call) -> None:
    sent = {"text": '{"name": "acme", "hostnames": ["acme.example"]}\n{"name": "bolt", "hostnames": ["a_b"]}'}
    assert wrong(call("POST", "tenant-imports/preview/", sent)) == {"text[2].hostnames[0]": "hostname-wrong"}


def test_a_tenant_is_removed_once_and_says_why(call: Call) -> None:
    assert call("DELETE", "tenants/staff-0001/", role="on-call").status_code == 403
    assert call("DELETE", "tenants/staff-0001/?zzz=1").status_code == 400
    assert call("DELETE", "tenants/staff-0001/?reason=has%20left").status_code == 204
    assert Event.objects.get(reason__code="tenant-removed").reason["params"]["why"] == "has left"
    assert call("DELETE", "tenants/staff-0001/").status_code == 404


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"name": "acme", "hostnames": ["shop-r-0001.example.com"]}, {"hostnames[0]": "hostname-taken"}),
        ({"name": "acme", "hostnames": ["a_b"]}, {"hostnames[0]": "hostname-wrong"}),
        ({"name": "acme"}, {"hostnames": "field-needed"}),
        ({"name": "acme", "hostnames": ["a.b"], "load": 10**6}, {"load": "no-room"}),
        ({"name": "acme", "hostnames": ["a.b"], "route": None}, {"route": "not-a-text"}),
        ({"name": "acme", "hostnames": ["a.b"], "prods": None}, {"prods": "prods-no-list"}),
    ],
)
def test_a_wrong_tenant_is_400_at_its_field(call: Call, sent: Any, errors: dict[str, str]) -> None:
    assert wrong(call("POST", "tenants/", sent)) == errors
    assert not Tenant.objects.filter(name="acme").exists()


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("q=shop-r-0001", ["shop-r-0001"]),
        ("q=SHOP-R-0002.example", ["shop-r-0002"]),
        ("redundancy=test", ["staff-0001", "staff-0002", "staff-0003"]),
        ("route=staff&page_size=1", ["staff-0001"]),
        ("prod=c-2", ["staff-0001", "staff-0002", "staff-0003"]),
    ],
)
def test_tenants_are_filtered(call: Call, asked: str, names: list[str]) -> None:
    assert named(call("GET", f"tenants/?{asked}")) == names


def test_a_router_is_registered_and_never_shows_a_secret(call: Call) -> None:
    keys = {"access_key_id": "AKIA", "secret_access_key": "canary7c1f"}
    settings = {"zone": "example.com", "zone_id": "Z0123456789", "domain": "r.example.com"}
    instance = {"name": "zone", "failure_domain": "aws", "settings": settings, "credentials": keys}
    sent = {"name": "dns", "kind": "route53", "instances": [instance]}
    made = call("POST", "routers/", sent, role="admin")
    assert made.status_code == 201 and b"canary" not in made.content and b"credentials" not in made.content
    shown = call("GET", "routers/dns/", role="viewer")
    assert shown.json()["instances"][0]["settings"] == settings and b"canary" not in shown.content
    assert call("DELETE", "routers/dns/instances/zone/", role="admin").status_code == 204
    assert call("GET", "routers/dns/").status_code == 404


def test_a_wrong_router_is_400_at_its_field(call: Call) -> None:
    sent = {
        "name": "x",
        "kind": "haproxy",
        "instances": [{"name": "one", "failure_domain": "x", "settings": {}}],
    }
    assert wrong(call("POST", "routers/", sent, role="admin")) == {
        "instances[0].settings.address": "haproxy-address"
    }


def test_routes_are_published_on_a_router(call: Call) -> None:
    build.router()
    answer = call("POST", "routers/edge/actions/publish/", {"routes": ["shop-r"]}, role="admin")
    assert (answer.status_code, answer.json()["instances"][0]["routes"]) == (200, 1)
    refused = call("POST", "routers/edge/actions/unpublish/", {"routes": ["shop-r"]}, role="admin")
    assert (refused.status_code, refused.json()["code"]) == (409, "routes-published-only-here")
    assert Publication.objects.get().route == Route.objects.get(name="shop-r")


def test_an_instance_whose_users_are_led_nowhere_else_stays(call: Call) -> None:
    Edge()
    answer = call("DELETE", "routers/edge/instances/edge-1/", role="admin")
    assert (answer.status_code, answer.json()["code"]) == (409, "routes-published-only-here")
    assert call("DELETE", "routers/edge/instances/edge-1/?forget=x", role="admin").status_code == 400
    assert call("DELETE", "routers/edge/instances/edge-1/?forget=true", role="admin").status_code == 204
    assert list(RouterInstance.objects.values_list("name", flat=True)) == ["edge-2"]
