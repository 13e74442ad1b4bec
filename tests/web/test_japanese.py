"""Every page, message and problem in Japanese: for who asks for it, and for who has chosen it."""

import json
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from orchestrator.language.files import read_po
from releases.models import Run
from releases.templatetags.times import duration
from releases.templatetags.words import SCRIPT_WORDS
from tests import build
from tests.trust.conftest import session, world
from tests.trust.routes import all_routes, fill
from tests.web.conftest import Browser

pytestmark = pytest.mark.django_db
__all__ = ["world"]

ROOT = Path(__file__).resolve().parents[2]
JAPANESE = {"Accept-Language": "ja,en;q=0.5"}
# Three words of small letters in a row, outside of code: no name and no code of ours has that.
ENGLISH = re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b")
SAID = {"aria-label", "title", "placeholder", "alt"}
CODE = {"code", "pre", "kbd", "script", "style", "textarea"}


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """The test client leaves the language of its last request behind in this thread."""
    with translation.override("en"):
        yield


class Texts(HTMLParser):
    """What people read: text outside of code and of what is marked as English, and attributes that are
    read out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in CODE or (dict(attrs).get("lang") == "en" and tag != "html"):
            self._inside.append(tag)
        self.said += [value.strip() for name, value in attrs if name in SAID and value]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside and data.strip():
            self.said.append(" ".join(data.split()))


def english_sentences() -> set[str]:
    """What Drover says in English and says otherwise in Japanese."""
    _, known = read_po((ROOT / "locale/ja/LC_MESSAGES/django.po").read_text())
    return {message.text for message, said in known.items() if said != message.text and " " in message.text}


def leftovers(page: str) -> list[str]:
    sentences = english_sentences()
    return [text for text in Texts(page).said if text in sentences or ENGLISH.search(text)]


def test_every_page_is_in_japanese(world: Run) -> None:
    client = session(build.person("admin"))
    seen, left = 0, {}
    for route in all_routes():
        if route.is_api:
            continue
        path = fill(route)
        answer = client.get(path, headers=JAPANESE)
        if not answer.streaming and answer.headers.get("Content-Type", "").startswith("text/html"):
            page = answer.content.decode()
            seen += 1
            assert "<html" not in page or '<html lang="ja">' in page, path
            left |= {path: found} if (found := leftovers(page)) else {}
    assert seen > 20
    assert left == {}


def test_the_login_page_is_in_the_language_of_the_browser() -> None:
    assert '<html lang="ja">' in Client().get("/login/", headers=JAPANESE).content.decode()
    assert '<html lang="en">' in Client().get("/login/").content.decode()


def test_a_wrong_login_is_told_in_japanese() -> None:
    wrong = {"username": "nobody", "password": "wrong"}
    page = Client().post("/login/", wrong, headers=JAPANESE).content.decode()
    assert "ユーザー名とパスワードの組み合わせが正しくありません" in page


@pytest.mark.parametrize("path", ["/nowhere/", "/prods/z-9/"])
def test_what_is_not_there_is_said_in_japanese(path: str, fleet: None, browser: Browser) -> None:
    assert "ここには何もありません" in browser("viewer").get(path, headers=JAPANESE).content.decode()


def test_what_is_chosen_is_kept_in_a_cookie_and_goes_before_the_browser(browser: Browser) -> None:
    client = browser("anonymous")
    chosen = client.post("/language/", {"language": "ja", "next": "/login/?next=/runs/"})
    assert (chosen.status_code, chosen.headers["Location"]) == (302, "/login/?next=/runs/")
    cookie = client.cookies["language"]
    assert cookie.value == "ja"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"]
    page = client.get("/login/", headers={"Accept-Language": "en"}).content.decode()
    assert '<html lang="ja">' in page


def test_every_page_lets_people_choose(fleet: None, browser: Browser) -> None:
    for page in (browser("viewer").get("/"), browser("anonymous").get("/login/")):
        words = page.content.decode()
        assert 'action="/language/"' in words
        assert re.search(r'value="ja" lang="ja">日本語<', words)
        assert re.search(r'value="en" lang="en" aria-pressed="true">English<', words)


def test_an_unknown_language_changes_nothing(browser: Browser) -> None:
    client = browser("anonymous")
    client.post("/language/", {"language": "tlh", "next": "/login/"})
    assert "language" not in client.cookies


def test_choosing_leads_to_no_other_site(browser: Browser) -> None:
    answer = browser("anonymous").post("/language/", {"language": "ja", "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/"


def test_choosing_takes_a_form_of_ours() -> None:
    assert Client().get("/language/").status_code == 405
    forged = Client(enforce_csrf_checks=True).post("/language/", {"language": "ja"})
    assert forged.status_code == 403
    assert "language" not in forged.cookies


def test_the_api_explains_in_japanese_and_keeps_its_codes(fleet: None) -> None:
    client = session(build.person("viewer"))
    english, japanese = (client.get("/api/v1/runs/999999/", headers=given) for given in ({}, JAPANESE))
    assert english.status_code == japanese.status_code == 404
    assert english.json()["code"] == japanese.json()["code"]
    assert not re.search(r"[\u3040-\u9fff]", str(english.json()))
    assert re.search(r"[\u3040-\u9fff]", str(japanese.json()))


@pytest.mark.parametrize(
    ("seconds", "words"), [(3.14, "3.1 秒"), (42, "42 秒"), (130, "2 分 10 秒"), (90061, "1 日 1 時間")]
)
def test_lengths_of_time_in_japanese(seconds: float, words: str) -> None:
    with translation.override("ja"):
        assert duration(seconds) == words


def scripts() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "static/js").glob("*.js")):
        yield path.name, re.sub(r"^\s*//.*$|\s//\s.*$", "", path.read_text(), flags=re.MULTILINE)


def test_a_page_brings_the_words_of_the_scripts(fleet: None, browser: Browser) -> None:
    page = browser("viewer").get("/", headers=JAPANESE).content.decode()
    brought = re.search(r'data-words="([^"]*)"', page)
    assert brought
    words = json.loads(unescape(brought[1]))
    assert words["ago"] == "%(time)s前"
    assert set(words) == set(SCRIPT_WORDS)


def test_what_the_scripts_say_is_what_the_pages_bring() -> None:
    asked = {key for _, source in scripts() for key in re.findall(r'\bsay\("([a-z-]+)"', source)}
    units = set(re.findall(r'"(s|min|h|d)"', dict(scripts())["times.js"]))
    assert asked | units == set(SCRIPT_WORDS)


def test_no_script_says_anything_by_itself() -> None:
    """Words in a script would be English for everybody."""
    for name, source in scripts():
        texts = re.findall(r'"([^"\n]*)"|`([^`]*)`', source)
        words = [text for pair in texts for text in pair if re.match(r"[A-Z][a-z]+ \w|[A-Z][a-z]+$", text)]
        keys = {"Escape", "Enter", "Tab", "Home", "End"}
        assert [word for word in words if word not in keys] == [], name
