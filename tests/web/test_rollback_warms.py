"""What pages say of the Prods that are warmed up as a rollback sends users to them."""

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

WARM = Succeeded(because("warmed-up", requests=20))
COLD = Failed(because("not-warm-in-time", waited_s=31, answered=1, requests=20, said="500 (9), 200 (1)"))
NO_WAY = Failed(because("not-asked", prod="c-1"))


def released(warm_up: int) -> Run:
    """The bad Version is on a-1 alone; c-1 has most room."""
    build.fleet(whole_groups=True)
    exclude = [{"prod": name, "reason": "not now"} for name in ("a-2", "b-1", "b-2", "c-1", "c-2")]
    strategy = {"soak_s": 0, "warm_up": warm_up}
    plan = preview_release("shop", "v1.1.0", strategy, exclude).plan
    run = start_release(build.person("release-manager"), "shop", "v1.1.0", strategy, exclude, plan.digest)
    finish(run)
    return run


@pytest.mark.parametrize(("warm_up", "told"), [(20, True), (0, False)])
def test_the_red_button_says_who_is_warmed_up(browser: Browser, warm_up: int, told: bool) -> None:
    run = released(warm_up)
    page = browser("on-call").get(f"/runs/{run.pk}/rollback/").content.decode()
    assert ("Warmed up as users come to them, who do not wait for it: c-1." in page) == told


@pytest.mark.parametrize(
    ("said", "state", "words"),
    [
        pytest.param(WARM, "succeeded", "20 requests in a row were answered.", id="warm"),
        pytest.param(COLD, "skipped", "It is not warm: after 31 s only 1 of 20 requests in a row", id="cold"),
        pytest.param(NO_WAY, "skipped", "c-1 cannot be asked for pages", id="no way to it"),
    ],
)
def test_the_run_goes_on_and_says_what_became_of_it(
    browser: Browser, said: Succeeded | Failed, state: str, words: str
) -> None:
    run = released(20)
    back = roll_back(build.person("on-call"), run.pk, "it is bad")
    advance(back)
    answer(step := Step.objects.get(run=back, kind="warm_beside"), said)
    step.refresh_from_db()
    assert (step.prod.name, step.state) == ("c-1", state)
    page = browser("viewer").get(f"/runs/{back.pk}/").content.decode()
    assert words in page
    assert "It carries 20 and gets 400 more at once: it is asked for pages as they do" in page
    assert "1 · warm up" in page and "2 · back" in page
    build.observe("a-1", generation=3)
    finish(back)
    assert back.state == "succeeded"
