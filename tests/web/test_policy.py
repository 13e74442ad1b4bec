"""What every page promises to the browser: a strict policy, nothing inline, nothing from outside."""

import re

import pytest

from tests.web.conftest import Browser
from tests.web.test_doors import names

pytestmark = pytest.mark.django_db
__all__ = ["names"]

INLINE = {
    "a style attribute": re.compile(r"<[^>]+\sstyle\s*="),
    "a style element": re.compile(r"<style[\s>]"),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)"),
    "an event handler": re.compile(r"<[^>]+\son[a-z]+\s*="),
    "a script in a link": re.compile(r"(?:href|src|action)\s*=\s*[\"']\s*javascript:", re.IGNORECASE),
    "something from outside": re.compile(r"(?:href|src|action)\s*=\s*[\"'](?:https?:)?//"),
}


def test_the_page_of_a_stranger_has_nothing_inline_or_from_outside(browser: Browser) -> None:
    """The others: tests/trust/test_browser.py."""
    page = browser("anonymous").get("/login/").content.decode()
    assert [what for what, pattern in INLINE.items() if pattern.search(page)] == []


def test_the_policy_allows_nothing_inline(browser: Browser) -> None:
    policy = browser("anonymous").get("/login/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_pages_are_kept_in_no_cache(fleet: None, browser: Browser) -> None:
    assert browser("viewer").get("/").headers["Cache-Control"] == "no-store"


def test_every_text_of_people_is_escaped(names: dict[str, int], browser: Browser) -> None:
    client = browser("admin")
    client.post("/line/stop/", {"reason": "<script>alert(1)</script>"})
    page = client.get("/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("path", ["/nowhere/", "/prods/z-9/"])
def test_what_is_not_there_is_said_kindly(path: str, fleet: None, browser: Browser) -> None:
    answer = browser("viewer").get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_a_report_of_the_browser_is_taken(browser: Browser) -> None:
    answer = browser("anonymous").post(
        "/csp-report/", b'{"csp-report": {}}', content_type="application/csp-report"
    )
    assert answer.status_code == 204
