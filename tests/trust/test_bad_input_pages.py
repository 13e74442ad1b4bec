"""Every field of every form of the pages: missing, too long, no choice, hostile.

Refused at the field, nothing has changed, and what was typed comes back only escaped; or taken on purpose.
"""

import copy
import importlib
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django import forms
from django.db import transaction
from django.test import Client

from tests import build
from tests.trust import bodies
from tests.trust.conftest import session
from tests.trust.hostile import HOSTILE, MARKUP, busy_fleet, state_of_everything
from tests.trust.pages import PAGES, PASSWORD, SECRETS, Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fleet")]

MODULES = (
    "clusters.forms",
    "clusters.blueprint_forms",
    "releases.forms",
    "releases.prod_forms",
    "releases.drift_forms",
    "releases.failover_forms",
    "releases.timeline_forms",
    "traffic.forms",
    "traffic.router_forms",
    "access.forms",
    "access.settings_forms",
)
# They have no page of their own, change nothing, or are tried elsewhere.
ASIDE = {
    "CheckedForm": "others are made of it",
    "PlainForm": "others are made of it",
    "TrafficForm": "others are made of it",
    "PlaceForm": "others are made of it",
    "TenantForm": "others are made of it",
    "WriterForm": "others are made of it",
    "TimelineForm": "a filter: GET, changes nothing (tests/web/test_timeline.py)",
    "ReleaseForm": "the plan is asked for with GET (tests/web/test_plans.py); its start compares the digest",
    "ScaleForm": "GET, leads to the change's preview (tests/web/test_prods_change.py)",
    "LoginForm": "tests/web/test_login.py",
}
LINE = {"markup", "a path", "a template", "quotes", "half a surrogate"}  # half of one is read as U+FFFD
# Field -> faults that are none: people's own words, which are shown escaped; what is opaque; what is hidden.
WORDS = {*LINE, "emoji"}
TAKEN: dict[str, set[str]] = {
    "reason": WORDS,
    "note": LINE,
    "provider": LINE,
    "region": LINE,
    "failure_domain": LINE,
    "name": LINE,
    "token": LINE,
}
# Where the error of a field stands if not at it: two that have to be the same, and texts whose errors have lines.
ELSEWHERE = {"new": "again"}
HAS_LINES = {"text"}


def form_classes() -> set[str]:
    found: set[str] = set()
    for name in MODULES:
        module = importlib.import_module(name)
        found |= {
            one.__name__
            for one in vars(module).values()
            if isinstance(one, type) and issubclass(one, forms.BaseForm) and one.__module__ == name
        }
    return {name for name in found if not name.startswith("_")}


def test_every_form_is_tried_or_stands_aside_for_a_reason() -> None:
    assert form_classes() == {page.form for page in PAGES} | set(ASIDE)


@pytest.fixture(scope="module")
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once: every request is undone."""
    with django_db_blocker.unblock(), busy_fleet():
        yield


@pytest.fixture(scope="module")
def admin(fleet: None) -> Client:
    person = build.person("admin")
    person.set_password(PASSWORD)
    person.save(update_fields=["password"])
    return session(person)


def faults_of(field: forms.Field, name: str) -> Iterator[tuple[str, str]]:
    if field.required:
        yield "missing", ""
    if isinstance(field, forms.ChoiceField):
        yield from {"no choice": "nonsense", "markup": MARKUP, "NUL": "a\0b"}.items()
    elif isinstance(field, forms.IntegerField):
        yield from {"a text": "many", "-1": "-1", "2**63": str(2**63), "1e999": "1e999", "NaN": "NaN"}.items()
    elif isinstance(field, forms.CharField):
        yield from HOSTILE.items()
        if field.max_length:
            yield "too long", "x" * (field.max_length + 1)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.form} {page.path}")
def test_a_bad_field_is_refused_where_it_stands_and_changes_nothing(admin: Client, page: Page) -> None:
    with transaction.atomic():
        build.fresh()
        page.arrange()
        sent, path = page.sent(), bodies.filled(page.path, prefix="")
        good = post(admin, path, sent)
        assert good.has_changed, (errors_in(good), good.cookies)
        before = state_of_everything()
        found = form_of(admin, path, page.form)
        wrong = [
            f"{name}, {fault}: {said}"
            for name, field in found.fields.items()
            if name not in {"read_as", "sealed", "file", "kubeconfig_file"}
            and (name in sent or field.required)
            for fault, value in faults_of(field, name)
            if (said := judge(post(admin, path, {**sent, name: value}), name, fault, value))
        ]
        after = state_of_everything()
        transaction.set_rollback(True)
    assert not wrong, "\n".join(wrong)
    assert after == before, "a refused form has changed something"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.form} {page.path}")
def test_what_was_typed_stays_in_a_form_that_was_refused(admin: Client, page: Page) -> None:
    """For a wrong field, for each that can be, and for a world that stands against it."""
    with transaction.atomic():
        build.fresh()
        page.arrange()
        sent, path = page.sent(), bodies.filled(page.path, prefix="")
        found = form_of(admin, path, page.form)
        bad = {name: "\x1b" for name, field in found.fields.items() if type(field) is forms.CharField}
        tried = [{**sent, name: value} for name, value in bad.items() if name in sent]
        lost = [(one, gone) for one in tried if (gone := lost_in(post(admin, path, one), one, found))]
        if page.refused:
            one = {**sent, **page.refused()}
            answer = post(admin, path, one)
            assert answer.status_code in {400, 409}, answer.content.decode()[-3000:]
            lost += [(one, gone)] if (gone := lost_in(answer, one, found)) else []
        transaction.set_rollback(True)
    assert (lost, bool(tried or page.refused)) == ([], True)


def lost_in(answer: Any, sent: dict[str, Any], form: forms.BaseForm) -> dict[str, str]:
    """Field -> what was sent and is not in the form of the answer. Digests are of what is shown, secrets are
    never shown, and a control character cannot be."""
    assert 400 <= answer.status_code < 500, (answer.status_code, sent)
    shown = Typed()
    shown.feed(answer.content.decode())
    texts = {name: str(value).strip().replace("\r\n", "\n") for name, value in sent.items()}
    kept = texts.keys() & form.fields.keys() - SECRETS - {"digest", "base", "read_as"}
    return {
        name: texts[name]
        for name in kept
        if texts[name].isprintable() or "\n" in texts[name]
        if texts[name] not in {one.strip() for one in shown.values.get(name, ())}
    }


class Typed(HTMLParser):
    """`values`: name -> what stands in the fields of this name."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = dict(attrs)
        name, value = had.get("name") or "", had.get("value") or ""
        if tag in {"textarea", "select"}:
            self._open = name
        elif tag == "input" and (had.get("type") not in {"radio", "checkbox"} or "checked" in had):
            self.values.setdefault(name, []).append(value)
        elif tag == "option" and "selected" in had:
            self.values.setdefault(self._open, []).append(value)

    def handle_data(self, data: str) -> None:
        if self._open:
            self.values.setdefault(self._open, []).append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"textarea", "select"}:
            self._open = ""


def post(client: Client, path: str, sent: dict[str, Any]) -> Any:
    """The answer; what a page that leads on did is undone and told as `has_changed`, what an error did stays to
    be found."""
    with transaction.atomic():
        before, cookies = state_of_everything(), copy.deepcopy(client.cookies)
        data = urlencode(sent, errors="surrogatepass")
        answer = client.post(path, data, content_type="application/x-www-form-urlencoded")
        answer.has_changed = answer.status_code < 400 and state_of_everything() != before
        transaction.set_rollback(answer.status_code < 400)
        client.cookies = cookies  # of a session that is there still
    return answer


def form_of(client: Client, path: str, name: str) -> forms.BaseForm:
    """The form as the page makes it."""
    shown = forms_in(client.get(path)) or forms_in(post(client, path, {}))
    return next(one for one in shown if type(one).__name__ == name)


def forms_in(answer: Any) -> list[forms.BaseForm]:
    flat = [value for layer in answer.context or () for one in layer for value in dict(one).values()]
    return [one for one in flat if isinstance(one, forms.BaseForm)]


def errors_in(answer: Any) -> list[dict[str, Any]]:
    return [dict(form.errors) for form in forms_in(answer)]


def judge(answer: Any, name: str, fault: str, value: str) -> str:
    """What is wrong with the answer; nothing for a good one."""
    if answer.status_code < 400:
        fine = fault in TAKEN.get(name, ()) or not answer.has_changed
        return "" if fine else f"{answer.status_code}: was taken"
    if answer.status_code >= 500:
        return str(answer.status_code)
    text = answer.content.decode()
    if MARKUP in text:
        return "markup comes back as it was"
    if name in SECRETS and value and len(value) > 3 and value in text:
        return "a secret comes back"
    at_field = any({name, ELSEWHERE.get(name)} & set(form) for form in errors_in(answer))
    if answer.status_code == 400 and not at_field and name not in HAS_LINES:
        return f"no error at the field: {errors_in(answer)}"[:300]
    return ""
