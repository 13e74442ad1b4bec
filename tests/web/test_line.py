"""Pages that move users by hand say why not while the line is stopped, before one tries."""

from collections.abc import Iterator
from typing import Any

import pytest

from releases.actions import stop_the_line
from tests import build
from tests.traffic.standing import standing_fleet
from tests.web.conftest import Browser
from traffic.actions import set_weights
from traffic.models import Tenant

pytestmark = pytest.mark.django_db
WHY = "alerts from everywhere"


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker, whole_groups=True):
        yield


@pytest.fixture(autouse=True)
def seen_just_now(db: None) -> None:
    build.fresh()


@pytest.mark.parametrize("path", ["/routes/shop-r/", "/routes/shop-r/return/1/", "/tenants/TENANT/move/"])
def test_the_button_is_off_and_the_reason_beside_it(browser: Browser, path: str) -> None:
    admin = browser("admin")
    set_weights(build.person("admin"), "shop-r", {"a-2": 80, "b-1": 20}, "a test", 1)
    path = path.replace("TENANT", Tenant.objects.order_by("name")[0].name)

    def shown() -> tuple[list[bool], bool]:
        text = admin.get(path).content.decode()
        main = [one.split(">")[0].endswith(" disabled") for one in text.split('class="button main"')[1:]]
        return main, f'<p class="why-not">The line is stopped by admin: {WHY}</p>' in text

    assert shown() == ([False], False)
    stop_the_line(build.person("admin"), WHY)
    assert shown() == ([True], True)
