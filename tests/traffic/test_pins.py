"""A Tenant that is pinned is served by the Prods it is pinned to, or by nobody, whatever happens."""

from typing import Any

import pytest
from django.utils import timezone

from clusters.models import Cluster, Prod
from journal.core.reasons import FieldErrors, Refused, because
from releases.actions import start_leaving
from releases.failover_preview import preview_leaving
from releases.preview import preview_release
from releases.queries.survival import read_survival
from tests import build
from tests.traffic.edge import Edge
from traffic.actions import (
    add_tenant,
    change_tenant,
    import_tenants,
    move_tenant,
    preview_tenants,
    set_weights,
)
from traffic.core.failover import plan_evacuation, plan_failover, plan_rollback_traffic
from traffic.core.ground import Ground
from traffic.core.relocation import plan_relocation
from traffic.core.state import state_from_json, state_to_json
from traffic.engine.shifting import shift
from traffic.models import Route, RouteMember, Tenant
from traffic.queries.facts import read_facts
from traffic.queries.state import read_state
from traffic.queries.tenants import read_tenant

pytestmark = pytest.mark.django_db
HOME = {"name": "clinic", "hostnames": ["clinic.example"]}


@pytest.fixture(autouse=True)
def edge(db: None) -> Edge:
    build.fleet(whole_groups=True)
    edge = Edge()
    edge.publish()
    return edge


def pinned(*prods: str, **more: Any) -> Tenant:
    """The Tenant `clinic`, pinned to `prods`."""
    return add_tenant(build.person("admin"), {**HOME, "pins": list(prods), **more})


def faults(act: Any, *args: Any) -> dict[str, str]:
    with pytest.raises(FieldErrors) as wrong:
        act(build.person("admin"), *args)
    return {path: why.code for path, why in wrong.value.errors}


def serving() -> set[str]:
    rows = RouteMember.objects.filter(route=Tenant.objects.get(name="clinic").route, weight__gt=0)
    return set(rows.values_list("prod__name", flat=True))


def dies(cluster: str) -> None:
    Cluster.objects.filter(name=cluster).update(health="unreachable", health_since=timezone.now())


def test_it_gets_a_route_of_its_kind_which_the_others_do_not_share() -> None:
    row = pinned("c-1", "a-1")
    assert row.route is not None and (row.pins, row.route.pins) == (["a-1", "c-1"], ["a-1", "c-1"])
    assert serving() == {"c-1"}  # the roomier one
    other = add_tenant(
        build.person("admin"), {"name": "acme", "hostnames": ["acme.example"], "prods": ["c-1"]}
    )
    alike = add_tenant(
        build.person("admin"), {"name": "ward", "hostnames": ["ward.example"], "pins": ["a-1", "c-1", "a-1"]}
    )
    assert other.route != row.route == alike.route


def test_a_failover_takes_it_to_another_prod_that_it_is_pinned_to() -> None:
    pinned("a-2", "b-2", prods=["a-2"])
    dies("a")
    start_leaving(build.person("on-call"), "a", preview_leaving("a").plan.digest, "it is dead")
    assert serving() == {"b-2"}  # c-1 has more room


def test_without_another_one_it_is_lost_by_name_and_nobody_moves_it() -> None:
    row = pinned("a-2")
    route = row.route.name if row.route else ""
    lost = {one.route: one.why.code for one in plan_failover(read_facts(), clusters=["a"]).lost}
    assert lost == {route: "pinned-elsewhere"}
    (line,) = [one for one in read_survival("viewer", timezone.now()).lines if one.name == "a"]
    assert line.fate.lost_tenants == 1
    page = read_tenant("clinic", build.person("viewer"), timezone.now())
    assert [(one.cluster, one.how) for one in page.fates] == [("a", "lost")]
    dies("a")
    start_leaving(build.person("on-call"), "a", preview_leaving("a").plan.digest, "it is dead")
    assert serving() == {"a-2"}


PLANS = {
    "evacuation": lambda facts: plan_evacuation(facts, clusters=["a"]),
    "rollback": lambda facts: plan_rollback_traffic(facts, "v1.1.0", {"a-2": "v1.0.0"}),
    "relocation": lambda facts: plan_relocation(Ground(facts), "a-2"),
}


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize(("pins", "goes"), [(("a-2", "b-2"), "b-2"), (("a-2",), None)])
def test_other_plans_send_it_nowhere_else(name: str, pins: tuple[str, ...], goes: str | None) -> None:
    row = pinned(*pins, prods=["a-2"])
    plan = PLANS[name](read_facts())
    mine = [move for move in plan.moves if row.route and move.route == row.route.name]
    assert {prod for move in mine for prod, weight in move.weights if weight} == ({goes} if goes else set())
    assert bool(mine) or [one.why.code for one in plan.staying] == ["pinned-elsewhere"]


def test_break_glass_knows_it_too() -> None:
    pinned("a-2")
    state = state_from_json(state_to_json(read_state({}, timezone.now())))
    assert [one.why.code for one in plan_failover(state.facts, clusters=["a"]).lost] == ["pinned-elsewhere"]


def test_no_part_of_its_requests_goes_elsewhere_by_hand() -> None:
    row = pinned("a-2", "c-1", prods=["a-2"])
    assert row.route is not None
    row.route.refresh_from_db()
    sent = (row.route.name, {"b-2": 10}, "a try", row.route.epoch)
    assert faults(set_weights, *sent) == {"weights.b-2": "route-pinned-elsewhere"}
    set_weights(build.person("admin"), row.route.name, {"c-1": 10}, "a try", row.route.epoch)
    assert serving() == {"a-2", "c-1"}


def test_it_is_moved_only_among_its_prods_and_to_routes_of_its_kind() -> None:
    pinned("a-2", "c-1", prods=["a-2"])
    assert faults(move_tenant, "clinic", {"prods": ["b-2"]}) == {"prods": "none-of-those-asked"}
    assert faults(move_tenant, "clinic", {"route": "shop-t"}) == {"route": "route-pinned-otherwise"}
    assert faults(add_tenant, {**HOME, "name": "acme", "hostnames": ["a.example"], "route": where()}) == {
        "route": "route-pinned-otherwise"
    }
    move_tenant(build.person("admin"), "clinic", {"prods": ["c-1"]})
    assert serving() == {"c-1"}


def where() -> str:
    return str(Tenant.objects.values_list("route__name", flat=True).get(name="clinic"))


def test_whoever_asks_for_other_prods_is_refused_where_weights_are_stored() -> None:
    row = pinned("a-2", "c-1", prods=["a-2"])
    with pytest.raises(Refused) as refused:
        shift({row.route_id or 0: {"a-2": 0, "b-2": 100}}, because("a-bug"), timezone.now())
    assert [why.code for why in refused.value.reasons] == ["route-pinned-to"]
    assert serving() == {"a-2"}


def test_other_pins_take_it_to_a_route_of_that_kind() -> None:
    pinned("a-2")
    row = change_tenant(build.person("admin"), "clinic", {"pins": ["b-2"]})
    assert (row.pins, serving()) == (["b-2"], {"b-2"})
    change_tenant(build.person("admin"), "clinic", {"pins": []})
    assert Route.objects.get(name=where()).pins == []


@pytest.mark.parametrize("change", [{"pins": ["b-2"]}, {"data_class": "replicated"}])
def test_a_single_writer_moves_with_its_facts_only_once_a_person_vouches(change: dict[str, Any]) -> None:
    pinned(data_class="single-writer")
    assert faults(change_tenant, "clinic", change) == {"confirm": "single-writer-unconfirmed"}
    before = where()
    change_tenant(build.person("admin"), "clinic", {"load": 2})
    assert where() == before
    change_tenant(build.person("admin"), "clinic", {**change, "confirm": "clinic"})
    assert where() != before


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"pins": ["a-1", "z-9"]}, {"pins[1]": "no-such-prod-here"}),
        ({"pins": "a-1"}, {"pins": "prods-no-list"}),
        ({"pins": [7]}, {"pins[0]": "no-such-prod-here"}),
        ({"pins": ["c-2"]}, {"pins": "pinned-elsewhere"}),
        ({"pins": ["a-1", "a-2"], "redundancy": "two-domain"}, {"redundancy": "one-domain-only"}),
    ],
)
def test_pins_that_cannot_be_are_refused_at_their_field(sent: dict[str, Any], errors: dict[str, str]) -> None:
    assert faults(add_tenant, {**HOME, **sent}) == errors


def test_a_list_may_pin_too() -> None:
    text = "name,hostnames,pins\nclinic,clinic.example,a-2 c-1\nacme,acme.example,\n"
    admin = build.person("admin")
    digest = preview_tenants(admin, text).digest
    import_tenants(admin, text, digest)
    assert Route.objects.get(name=where()).pins == ["a-2", "c-1"]
    assert Tenant.objects.get(name="acme").pins == []
    wrong = text.replace("clinic,clinic.example,a-2 c-1", "ward,ward.example,z-9")
    assert faults(preview_tenants, wrong) == {"text[2].pins[0]": "no-such-prod-here"}


def test_blue_green_leaves_it_where_it_is_pinned_to() -> None:
    for name in ("s-1", "s-2"):
        build.in_service(build.prod(name, "c", role="standby"))
    pinned("a-1", "s-2")
    keep = [{"prod": name, "reason": "not now"} for name in ("a-2", "b-1", "b-2", "c-1", "c-2")]
    chosen = preview_release("shop", "v1.1.0", {"name": "switch"}, keep)
    assert switched(chosen) == ["s-2"]
    Prod.objects.filter(name="s-2").update(role="live")
    refused = preview_release("shop", "v1.1.0", {"name": "switch"}, keep)
    assert "no-standby-pinned" in [one.reason.code for one in refused.blockers]


def switched(preview: Any) -> list[str]:
    steps = [step for wave in preview.plan.waves for prod in wave.prods for step in prod.steps]
    return [dict(step.params)["to"] for step in steps if step.kind == "switch"]
