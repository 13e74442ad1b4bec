"""What the pages of traffic show, and pressing their buttons."""

import re

from playwright.sync_api import Locator, Page, expect

LONG = 120_000  # milliseconds
RUN_PAGE = re.compile(r"/runs/\d+/$")


def row(page: Page, cluster: str) -> Locator:
    """The line of a cluster on the page Failover."""
    return page.locator(f".survival tr[data-key='{cluster}']")


def failing(wall: Page) -> set[str]:
    """The Prods of which the fleet wall says that users get errors now."""
    tiles = wall.locator("article[data-prod]", has=wall.locator(".demand:not(.old) .wrong"))
    return set(tiles.evaluate_all("tiles => tiles.map(tile => tile.dataset.prod)"))


def confirm(page: Page, reason: str) -> int:
    """Press what the plan ends with; the number of the run that begins."""
    page.fill("textarea[name=reason]", reason)
    page.click("form .buttons button")
    page.wait_for_url(RUN_PAGE)
    return int(page.url.rstrip("/").rpartition("/")[2])


def await_done(page: Page) -> None:
    """The run on the page has come to its end."""
    expect(page.locator(".title .chip")).to_have_text("done", timeout=LONG)


def asked_by(page: Page, url: str, route: str, run: int) -> set[str]:
    """The Prods that a run first asked to serve a Route, as the Route's history shows it."""
    page.goto(f"{url}/routes/{route}/")
    first = page.locator("[data-key='epochs'] tbody tr", has=page.locator(f"a[href='/runs/{run}/']")).last
    weights = str(first.locator("td").nth(1).text_content())
    return {prod for prod, percent in re.findall(r"(\S+) (\d+) %", weights) if percent != "0"}


def asked(page: Page, url: str) -> dict[str, set[str]]:
    """Route -> the Prods that are asked to serve it, as the page Routes shows it."""
    page.goto(url + "/routes/")
    rows = """rows => rows.map(row => [row.dataset.key, [...row.querySelectorAll('.weights li')].map(
        one => [one.querySelector('.name').textContent, one.querySelector('strong').textContent])])"""
    found = page.eval_on_selector_all(".routes-table tbody tr", rows)
    return {route: {prod for prod, percent in members if percent != "0 %"} for route, members in found}
