"""The whole house in a real browser: make a Prod, scale it, mend it, retire it; find and read everything."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from playwright.sync_api import Page, expect

from orchestrator.embedded.stack import Stack
from tests.e2e.people import DESK, PHONE, People, people, picture

LONG = 60_000  # milliseconds

# Every page that a person can open by its address, with a name for its picture.
PATHS = {
    "fleet-quiet": "/",
    "runs": "/releases/",
    "new-release": "/releases/new/",
    "plan": "/releases/plan/?version=shop/v1.1.0",
    "run-ended": "/runs/1/",
    "rollback": "/runs/1/rollback/",
    "prods": "/prods/",
    "new-prod": "/prods/new/",
    "prod": "/prods/a-1/",
    "change": "/prods/a-1/change/",
    "scale": "/prods/a-1/scale/",
    "hold": "/prods/a-1/hold/",
    "retire": "/prods/a-1/retire/",
    "heal": "/prods/a-1/heal/",
    "parity": "/parity/shop/",
    "clusters": "/clusters/",
    "register": "/clusters/new/",
    "cluster": "/clusters/a/",
    "cluster-edit": "/clusters/a/edit/",
    "cluster-credentials": "/clusters/a/credentials/",
    "cluster-cordon": "/clusters/a/cordon/",
    "cluster-uncordon": "/clusters/a/uncordon/",
    "cluster-retire": "/clusters/a/retire/",
    "cluster-remove": "/clusters/a/remove/",
    "blueprints": "/blueprints/",
    "new-blueprint": "/blueprints/new/",
    "blueprint": "/blueprints/shop/",
    "edit-blueprint": "/blueprints/shop/edit/",
    "rendering": "/blueprints/shop/rendered/",
    "revision": "/blueprints/shop/r/1/",
    "new-version": "/blueprints/shop/versions/new/",
    "version": "/blueprints/shop/versions/v1.1.0/",
    "failover": "/failover/",
    "evacuate": "/failover/a/",
    "routes": "/routes/",
    "fail-back": "/failover/a/back/",
    "take-back": "/failover/a/take-back/",
    "evacuate-prod": "/prods/a-1/evacuate/",
    "fail-back-prod": "/prods/a-1/back/",
    "stop-automation": "/automation/stop/",
    "auto-failover": "/automation/none/on/",
    "stop-line": "/line/stop/",
    "route": "/routes/shop-r-1/",
    "split": "/routes/shop-s-1/?with=b-1",
    "return": "/routes/shop-r-1/return/1/",
    "tenants": "/tenants/",
    "tenant": "/tenants/shop-r-0001/",
    "move-tenant": "/tenants/shop-r-0001/move/",
    "change-tenant": "/tenants/shop-r-0001/change/",
    "remove-tenant": "/tenants/shop-r-0001/remove/",
    "import-tenants": "/tenant-import/",
    "new-tenant": "/tenants/new/",
    "routers": "/routers/",
    "new-router": "/routers/new/",
    "add-instance": "/routers/edge/instances/new/",
    "publish": "/routers/edge/publish/",
    "unpublish": "/routers/edge/unpublish/",
    "adopt": "/routers/edge/adopt/",
    "remove-instance": "/routers/instances/edge-1/remove/",
    "room": "/room/",
    "versions": "/versions/",
    "veto": "/versions/2/veto/",
    "timeline": "/timeline/",
    "search": "/search/?q=a",
    "tokens": "/settings/tokens/",
    "people": "/settings/people/",
    "person": "/settings/people/oncall/",
    "roles": "/settings/roles/",
    "password": "/settings/password/",
    "api": "/api/docs/",
}
LOOKS = [
    pytest.param({"viewport": DESK, "color_scheme": "light"}, "", id="desk"),
    pytest.param({"viewport": DESK, "color_scheme": "dark"}, "-dark", id="desk dark"),
    pytest.param({"viewport": PHONE, "color_scheme": "light"}, "-phone", id="phone"),
    pytest.param({"viewport": PHONE, "color_scheme": "dark"}, "-phone-dark", id="phone dark"),
]

D_1 = """
apiVersion: drover.dev/v1alpha1
kind: Prod
metadata:
  name: d-1
spec:
  cluster: c
  blueprint: shop
  version: v1.0.0
  role: live
  capacity: 500
"""


@pytest.fixture(scope="module")
def crowd() -> Iterator[People]:
    with Stack.started(pod_start="0.1-0.4", env={"DROVER_SOAK_S": "1"}) as stack, people(stack) as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_to_complain(crowd: People) -> Iterator[None]:
    """No error in any console, nothing refused by the content security policy."""
    yield
    refused = crowd.stack.log("web").count("content security policy:")
    assert (crowd.complaints, refused) == ([], 0)


@pytest.fixture
def admin(crowd: People) -> Iterator[Page]:
    page = crowd.page("admin")
    page.set_default_timeout(LONG)
    yield page
    page.context.close()


@pytest.mark.parametrize(("look", "suffix"), LOOKS)
def test_every_page_fits_and_complains_of_nothing(
    crowd: People, look: dict[str, object], suffix: str
) -> None:
    page = crowd.page("admin", **look)
    for name, path in PATHS.items():
        answer = page.goto(crowd.stack.url + path)
        assert answer and answer.status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        picture(page, f"{name}{suffix}")
    page.context.close()


def until_done(page: Page) -> None:
    """From the page of a Run, when it has ended well."""
    expect(page.locator(".title .chip")).to_have_text("done", timeout=LONG)


def test_a_prod_lives_from_its_description_to_its_end(crowd: People, admin: Page) -> None:
    url = crowd.stack.url
    admin.goto(url + "/prods/new/")
    admin.fill("textarea[name=text]", D_1)
    admin.click("text=Preview")
    admin.click("button[value=create]")
    expect(admin.locator("body")).to_contain_text("d-1")
    admin.goto(url + "/prods/d-1/")
    expect(admin.locator("main .chip").first).to_have_text("in service", timeout=LONG)

    admin.click("text=Scale…")
    admin.select_option("[name=component]", "api")
    admin.fill("[name=replicas]", "4")
    admin.click("button:has-text('Preview')")
    admin.fill("[name=reason]", "more users are coming")
    admin.click("button.main:has-text('Start'), button.main:has-text('Change')")
    admin.wait_for_url(re.compile(r"/runs/\d+/"))
    until_done(admin)
    admin.goto(url + "/prods/d-1/")
    expect(admin.locator("tr", has_text="api").first).to_contain_text("4 / 4", timeout=LONG)

    edit_image(crowd, "registry.example/shop/api:hand-made")
    expect(admin.locator(".chip", has_text="drifted").first).to_be_visible(timeout=LONG)
    picture(admin, "drift")
    admin.click("text=Take over…")
    admin.click("button.main")
    admin.wait_for_url(re.compile(r"/runs/\d+/"))
    until_done(admin)
    admin.goto(url + "/prods/d-1/")
    expect(admin.locator(".chip", has_text="in sync").first).to_be_visible(timeout=LONG)

    admin.click("text=Retire…")
    admin.fill("[name=confirm]", "d-1")
    admin.fill("[name=reason]", "the story is over")
    admin.click("button.danger:has-text('Retire')")
    admin.wait_for_url(re.compile(r"/runs/\d+/"))
    until_done(admin)
    admin.goto(url + "/prods/d-1/")
    expect(admin.locator("main .chip", has_text="retired").first).to_be_visible()


def edit_image(crowd: People, image: str) -> None:
    """What `kubectl edit` of somebody else does to the api of d-1."""
    config = yaml.safe_load(Path(crowd.stack.demo["kubeconfig"]).read_text())
    server = next(one["cluster"]["server"] for one in config["clusters"] if one["name"] == "c")
    token = next(one["user"]["token"] for one in config["users"] if one["name"] == "c")
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "api", "image": image}]}}}}
    answer = httpx.patch(
        f"{server}/apis/apps/v1/namespaces/prod-d-1/deployments/api?fieldManager=kubectl-edit",
        json=patch,
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/strategic-merge-patch+json",
        },
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text


def test_one_key_leads_to_the_search_and_the_arrows_to_what_it_finds(crowd: People, admin: Page) -> None:
    admin.goto(crowd.stack.url + "/timeline/")
    admin.keyboard.press("/")
    expect(admin.locator("[data-seek-field]")).to_be_focused()
    admin.keyboard.type("b-2")
    expect(admin.locator(".finds a").first).to_be_visible()
    picture(admin, "seek")
    admin.keyboard.press("ArrowDown")
    admin.keyboard.press("Enter")
    admin.wait_for_url("**/prods/b-2/")
    admin.keyboard.press("/")
    admin.keyboard.press("Escape")
    expect(admin.locator("[data-seek-field]")).not_to_be_focused()


def test_a_cluster_is_tested_and_says_what_it_lacks(crowd: People, admin: Page) -> None:
    admin.goto(crowd.stack.url + "/clusters/b/")
    admin.click("button:has-text('Test connection')")
    expect(admin.locator("body")).to_contain_text("v1.36", timeout=LONG)
    expect(admin.locator("body")).not_to_contain_text("Not tested with these credentials yet")
    picture(admin, "cluster-tested")


def test_the_timeline_follows_what_happens(crowd: People, admin: Page) -> None:
    admin.goto(crowd.stack.url + "/timeline/?kind=line")
    expect(admin.locator("body")).to_have_attribute("data-channel", "live")
    other = crowd.page("on-call")
    other.goto(crowd.stack.url + "/line/stop/")
    other.fill("textarea", "seen on the timeline?")
    other.click("button.danger")
    expect(admin.locator(".timeline")).to_contain_text("seen on the timeline?", timeout=5_000)
    admin.goto(crowd.stack.url + "/line/resume/")
    admin.fill("textarea", "yes")
    admin.click("button.main")
    other.context.close()
