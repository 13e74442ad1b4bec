"""People with real browsers: log in, and everything that the browser complains about is kept."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, sync_playwright

from orchestrator.embedded.stack import Stack

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
THUMB_PX = 44  # WCAG 2.5.5, and what both makers of phones ask for


@dataclass
class People:
    """Opens pages for people. `complaints` are errors and warnings of every page, refusals by the content
    security policy among them."""

    stack: Stack
    browser: Browser
    complaints: list[str] = field(default_factory=list)

    def page(self, role: str, viewport: dict[str, int] | None = None, **context: Any) -> Page:
        """A page at home, in a browser of its own, as a person of `role`."""
        page = self.tab(
            self.browser.new_context(viewport=viewport or DESK, timezone_id="Asia/Tokyo", **context)
        )
        login = self.stack.demo["logins"][role]
        page.goto("/login/" if context.get("base_url") else f"{self.stack.url}/login/")
        page.fill("[name=username]", login["username"])
        page.fill("[name=password]", login["password"])
        page.click("button.main")
        page.wait_for_selector("text=Log out")
        return page

    def tab(self, context: Any) -> Page:
        """One more page in the same browser."""
        page: Page = context.new_page()
        page.on("console", self._keep)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _keep(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


@contextmanager
def people(stack: Stack) -> Iterator[People]:
    """People with browsers, until the block ends."""
    program = next(path for name in NAMES if (path := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield People(stack, browser)
        browser.close()


def under_the_thumb(page: Page, button: Locator) -> None:
    """Assert that the button is in the lower part of the screen, large enough to be hit, with nothing over it, wherever on
    the page one is."""
    for share in (0, 0.5, 1):
        page.evaluate("share => scrollTo(0, share * document.documentElement.scrollHeight)", share)
        seen = button.evaluate(
            """one => { const box = one.getBoundingClientRect();
            const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            return {top: box.top / innerHeight, bottom: box.bottom / innerHeight, height: box.height,
                    left: box.left, right: innerWidth - box.right, over: !one.contains(at)}; }"""
        )
        where = (page.url, button.text_content(), share, seen)
        assert seen["height"] >= THUMB_PX, where
        assert seen["top"] >= 0.5 and seen["bottom"] <= 1, where
        assert min(seen["left"], seen["right"]) >= 0 and not seen["over"], where


def picture(page: Page, name: str) -> None:
    """A screenshot for the documentation, where `DROVER_SCREENSHOTS` names a folder."""
    if folder := os.environ.get("DROVER_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
