"""A whole list of Tenants: previewed, then all of them or none, and the same list again changes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from access.permissions import Denied
from clusters.models import Prod
from journal.core.reasons import FieldErrors, Refused
from journal.models import Event
from tests import build
from tests.traffic.edge import Edge
from tests.traffic.standing import standing_fleet
from traffic.actions import TenantImport, import_tenants, preview_tenants
from traffic.models import Hostname, Route, RouteMember, Tenant

pytestmark = pytest.mark.django_db
LIST = """\
name,hostnames,load,redundancy
acme,acme.example www.acme.example,60,two-domain
bolt,bolt.example,50,two-domain
test-1,t.example,,test
"""


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker, whole_groups=True):
        yield


@pytest.fixture(autouse=True)
def seen_just_now(db: None) -> None:
    build.fresh()


def preview(text: Any = LIST, role: str = "release-manager") -> TenantImport:
    return preview_tenants(build.person(role), text)


def do(text: str = LIST, digest: Any = None) -> TenantImport:
    return import_tenants(build.person("release-manager"), text, digest or preview(text).digest)


def faults(text: Any) -> dict[str, str]:
    with pytest.raises(FieldErrors) as error:
        preview(text)
    return {path: reason.code for path, reason in error.value.errors}


def test_a_preview_says_where_each_goes_and_changes_nothing() -> None:
    before = Route.objects.count(), Tenant.objects.count()
    found = preview()
    assert [(one.line, one.name, one.load) for one in found.placed] == [
        (2, "acme", 60), (3, "bolt", 50), (4, "test-1", 1)
    ]  # fmt: skip
    two = [one for one in found.placed if one.name in {"acme", "bolt"}]
    assert all(len(one.prods) == 2 for one in two) and two[0].route != two[1].route
    assert found.placed[2].prods == ("c-2",)
    assert (Route.objects.count(), Tenant.objects.count()) == before


def test_what_was_shown_is_what_is_done() -> None:
    Edge().publish()
    shown = preview()
    assert do(digest=shown.digest) == shown
    for one in shown.placed:
        row = Tenant.objects.select_related("route").get(name=one.name)
        assert row.route is not None and row.route.name == one.route
        serving = RouteMember.objects.filter(route=row.route, weight__gt=0).order_by("prod__name")
        assert tuple(serving.values_list("prod__name", flat=True)) == one.prods
        assert row.route.publications.count() == 2
        said = Event.objects.get(kind="tenant", reason__params__tenant=one.name).reason["params"]
        assert (said["why"], said["prods"]) == (one.chosen.code, ", ".join(one.prods))
    assert Hostname.objects.get(name="www.acme.example").tenant.name == "acme"


def test_a_route_that_is_there_and_gets_more_has_a_new_epoch() -> None:
    first = do()
    again = do("name,hostnames,load,redundancy\nzoo,zoo.example,1,two-domain")
    assert again.placed[0].route in {one.route for one in first.placed}
    assert Route.objects.get(name=again.placed[0].route).epoch == 2


def test_the_same_list_again_changes_nothing_whatever_the_digest() -> None:
    first = do()
    events = Event.objects.count()
    again = do(digest=first.digest)
    assert (again.placed, again.same) == ((), ("acme", "bolt", "test-1"))
    assert Event.objects.count() == events
    more = do(LIST + "more,more.example,1,none\n")
    assert [one.name for one in more.placed] == ["more"] and more.same == again.same


def test_another_order_of_columns_and_json_lines_say_the_same() -> None:
    do()
    text = '{"redundancy": "two-domain", "load": 60, "name": "acme", "hostnames": ["www.acme.example", "acme.example"]}'
    assert preview(text).same == ("acme",)


def test_one_who_is_there_with_other_facts_is_an_error() -> None:
    do()
    assert faults(LIST.replace("60", "61")) == {"text[2].name": "tenant-exists-otherwise"}


def test_what_would_go_elsewhere_by_now_is_refused_and_nothing_is_added() -> None:
    shown = preview()
    Prod.objects.filter(name__in=shown.placed[0].prods).update(capacity=500)
    with pytest.raises(Refused, match="import-stale"):
        do(digest=shown.digest)
    with pytest.raises(Refused, match="import-stale"):
        do(digest={"no": "text"})
    assert not Tenant.objects.filter(name="acme").exists()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        pytest.param(
            "name,hostnames,load,redundancy,data_class,blueprint\n"
            "Acme,A.example,many,three,paper,zzz\nok,ok.example,1,none,stateless,shop\n",
            {
                "text[2].name": "name-no-label",
                "text[2].hostnames[0]": "hostname-not-lower",
                "text[2].load": "load-no-number",
                "text[2].redundancy": "not-one-of-these",
                "text[2].data_class": "not-one-of-these",
                "text[2].blueprint": "not-one-of-these",
            },
            id="every field",
        ),
        pytest.param("name,hostnames\nx,\n", {"text[2].hostnames": "hostname-needed"}, id="no hostname"),
        pytest.param(
            "name,hostnames\nx,a.example\nx,b.example\n",
            {"text[3].name": "tenant-twice-in-list"},
            id="name twice",
        ),
        pytest.param(
            "name,hostnames\nx,a.example\ny,b.example a.example\n",
            {"text[3].hostnames": "hostname-twice-in-list"},
            id="hostname twice in the list",
        ),
        pytest.param(
            "name,hostnames\nx,shop-r-0001.example.com\n",
            {"text[2].hostnames": "hostname-taken"},
            id="taken",
        ),
        pytest.param("name,hostnames,load\nx,a.example,1000000\n", {"text[2].load": "no-room"}, id="no room"),
        pytest.param(
            '{"name": "x", "hostnames": "a.example"}\n{"hostnames": [5], "blueprint": [], "name": {}}',
            {
                "text[1].hostnames": "hostnames-no-list",
                "text[2].name": "name-no-label",
                "text[2].hostnames[0]": "hostname-wrong",
                "text[2].blueprint": "not-one-of-these",
            },
            id="JSON of other types",
        ),
        pytest.param(5, {"text": "not-a-text"}, id="no text"),
    ],
)
def test_what_is_wrong_is_told_at_its_line_and_field(text: Any, wrong: dict[str, str]) -> None:
    assert faults(text) == wrong


def test_no_more_errors_are_told_than_a_person_reads() -> None:
    assert len(faults("name,hostnames\n" + "".join(f"x-{n},a.example\n" for n in range(500)))) == 100


def test_all_or_none() -> None:
    with pytest.raises(FieldErrors):
        do(LIST + "last,last.example,1000000,none\n", "0" * 64)
    assert not Tenant.objects.filter(name__in=["acme", "bolt", "test-1", "last"]).exists()


def test_only_who_may_write_tenants() -> None:
    with pytest.raises(Denied):
        preview(role="on-call")
    with pytest.raises(Denied):
        import_tenants(build.person("on-call"), LIST, "0" * 64)
