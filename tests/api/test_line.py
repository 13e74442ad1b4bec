"""Stop-the-line over the API: who may, what it answers, and that it is journalled."""

import pytest

from journal.models import Event
from tests import build
from tests.api.conftest import Call
from traffic.models import Freeze

pytestmark = pytest.mark.django_db
WHY = {"reason": "alerts on every Prod"}


@pytest.fixture(autouse=True)
def people(db: None) -> None:
    for role in build.ROLES:
        build.person(role)


def test_on_call_stops_the_line_and_a_release_manager_lets_it_run_again(call: Call) -> None:
    assert call("GET", "line/", role="viewer").json() == {"stopped": None}
    assert call("POST", "line/stop/", WHY, role="viewer").status_code == 403
    stopped = call("POST", "line/stop/", WHY, role="on-call").json()["stopped"]
    assert (stopped["author"], stopped["reason"]) == ("on-call", WHY["reason"])
    assert call("GET", "line/", role="viewer").json()["stopped"] == stopped
    assert call("POST", "line/resume/", WHY, role="on-call").status_code == 403
    assert call("POST", "line/resume/", WHY, role="release-manager").json() == {"stopped": None}
    assert not Freeze.objects.filter(lifted_at=None).exists()


def test_each_is_told_and_journalled_once(call: Call) -> None:
    for way, code in (("stop", "line-already-stopped"), ("resume", "line-not-stopped")):
        assert call("POST", f"line/{way}/", WHY).status_code == 200
        again = call("POST", f"line/{way}/", WHY)
        assert (again.status_code, again.json()["code"]) == (409, code)
    moved = Event.objects.filter(kind="line").values_list("from_state", "to_state")
    assert list(moved) == [("running", "stopped"), ("stopped", "running")]


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {**WHY, "run": 1}])
def test_without_a_reason_or_with_more_it_is_refused(call: Call, body: dict[str, object]) -> None:
    assert call("POST", "line/stop/", body).status_code == 400
    assert not Freeze.objects.exists()
