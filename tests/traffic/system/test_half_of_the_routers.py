"""Routers that fail in the middle of a switch, with requests flowing through those that are there: a gateway of the simulator
and Debian's HAProxy."""

import pytest

from releases.actions import start_release
from releases.models import Run, Step
from releases.preview import preview_release
from tests import build
from tests.build import fresh
from tests.engine.driver import advance
from tests.engine.real import drive, look_again
from tests.traffic.system.conftest import Stand
from tests.traffic.system.real_edges import EDGE, PROXY, Edges, failed, prods

pytestmark = pytest.mark.django_db

BLUE_AND_GREEN = [
    {"name": "a-1", "cluster": "a"},
    {"name": "b-1", "cluster": "b"},
    {"name": "c-9", "cluster": "c", "role": "standby"},
]
GROUPS = [
    {"group": "moving", "count": 5, "load": 1, "redundancy": "none", "prods": ["a-1"]},
    {"group": "staying", "count": 5, "load": 1, "redundancy": "none", "prods": ["b-1"]},
]


def switch() -> Run:
    """Users of a-1 are to live on c-9, on the new Version."""
    asked, exclude = {"name": "switch", "soak_s": 0}, [{"prod": "b-1", "reason": "it stays"}]
    digest = preview_release("shop", "v1.1.0", asked, exclude).plan.digest
    return start_release(build.person("release-manager"), "shop", "v1.1.0", asked, exclude, digest)


def go_on(run: Run, edges: Edges, rounds: int = 4) -> None:
    for _ in range(rounds):
        fresh()
        edges.publish()
        advance(run)
        look_again(run)


@pytest.mark.parametrize(("deaf", "other"), [(PROXY, EDGE), (EDGE, PROXY)], ids=["HAProxy", "the gateway"])
def test_users_of_a_router_that_fails_in_the_middle_of_a_switch_are_served_on_until_it_is_back(
    stand: Stand, deaf: str, other: str
) -> None:
    edges = stand(BLUE_AND_GREEN, GROUPS)
    with edges.users() as users:
        run = switch()
        drive(run, until="switch", after=edges.publish)
        with edges.deaf(deaf):
            go_on(run, edges)
            step = Step.objects.get(run=run, kind="switch", prod__name="a-1")
            assert (run.state, step.state, step.reason["code"]) == ("running", "running", "router-behind")
            assert (step.reason["params"]["router"], step.reason["params"]["behind"]) == (deaf, 1)
            assert prods(users.served_anew(["moving"], deaf), "moving") == {"a-1"}
            moved = [one for one in users.served_anew(["moving"], other) if one["group"] == "moving"]
            assert {(one["prod"], one["version"]) for one in moved} == {("c-9", "v1.1.0")}
        drive(run, after=edges.publish)
        assert run.state == "succeeded"
        assert prods(users.served_anew(["moving"], deaf), "moving") == {"c-9"}
        everything = users.log()
    assert failed(everything) == {}
    assert prods(everything, "staying") == {"b-1"}
