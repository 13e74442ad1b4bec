"""What pages say of the pods that Prods get beside a rollback."""

import pytest

from journal.core.reasons import because
from releases.actions import roll_back, start_release
from releases.core.answers import Failed, Succeeded
from releases.models import Run, Step
from releases.preview import preview_release
from tests import build
from tests.engine.driver import advance, answer, finish
from tests.web.conftest import Browser

pytestmark = pytest.mark.django_db

RAISED = Succeeded(because("floors-raised", floors="api 3 → 5"))
REFUSED = Failed(because("autoscaler-changing", name="api"))


@pytest.fixture
def run(db: None) -> Run:
    """The bad Version is on a-1 alone; c-1 has most room."""
    build.fleet(whole_groups=True)
    build.autoscaled()
    exclude = [{"prod": name, "reason": "not now"} for name in ("a-2", "b-1", "b-2", "c-1", "c-2")]
    plan = preview_release("shop", "v2.1.0", {"soak_s": 0}, exclude).plan
    person = build.person("release-manager")
    run = start_release(person, "shop", "v2.1.0", {"soak_s": 0}, exclude, plan.digest)
    finish(run)
    return run


def test_the_red_button_says_who_gets_more_pods(run: Run, browser: Browser) -> None:
    page = browser("on-call").get(f"/runs/{run.pk}/rollback/").content.decode()
    assert "Autoscalers of c-1 keep more pods for who comes" in page


@pytest.mark.parametrize(
    ("said", "state", "words"),
    [
        pytest.param(RAISED, "succeeded", "Fewest pods of its autoscalers: api 3 → 5.", id="raised"),
        pytest.param(
            REFUSED, "skipped", "Another run is changing the Prod: its autoscaler api is left", id="left"
        ),
    ],
)
def test_the_run_says_what_was_raised_or_why_not(
    run: Run, browser: Browser, said: Succeeded | Failed, state: str, words: str
) -> None:
    back = roll_back(build.person("on-call"), run.pk, "it is bad")
    advance(back)
    answer(step := Step.objects.get(run=back, kind="scale_up"), said)
    step.refresh_from_db()
    assert step.state == state
    page = browser("viewer").get(f"/runs/{back.pk}/").content.decode()
    assert words in page
    assert "It carries 20 and gets 400 more at once" in page
