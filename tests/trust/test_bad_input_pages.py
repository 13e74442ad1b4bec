"""Every field of every form of the pages: missing, too long, no choice, hostile.

Refused at the field, nothing has changed, and what was typed comes back only escaped; or taken on purpose.
"""

import copy
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django import forms
from django.db import transaction
from django.test import Client

from clusters.models import Prod, Version
from releases.models import Run, Step
from releases.prod_previews import preview_retire
from tests import build
from tests.trust import bodies
from tests.trust.conftest import session
from tests.trust.hostile import HOSTILE, MARKUP, busy_fleet, state_of_everything

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fleet")]

MODULES = (
    "clusters.forms",
    "clusters.blueprint_forms",
    "releases.forms",
    "releases.prod_forms",
    "releases.drift_forms",
    "releases.timeline_forms",
    "access.forms",
    "access.settings_forms",
)
# They have no page of their own, change nothing, or are tried elsewhere.
ASIDE = {
    "CheckedForm": "others are made of it",
    "PlainForm": "others are made of it",
    "TimelineForm": "a filter: GET, changes nothing (tests/web/test_timeline.py)",
    "ReleaseForm": "the plan is asked for with GET (tests/web/test_plans.py); its start compares the digest",
    "ScaleForm": "GET, leads to the change's preview (tests/web/test_prods_change.py)",
    "LoginForm": "tests/web/test_login.py",
}
PASSWORD = "a long sentence to log in with"
WHY = {"reason": "because of the test"}
SECRETS = {"kubeconfig", "token", "client_key", "secret_access_key", "current", "new", "again"}


@dataclass(frozen=True)
class Page:
    """`sent` is what the page takes."""

    form: str
    path: str
    sent: Callable[[], dict[str, Any]]
    arrange: Callable[[], Any] = lambda: None


def _connection() -> dict[str, Any]:
    return {"access": "token", **bodies.CREDENTIALS["token"]}


def _images() -> dict[str, Any]:
    images = Version.objects.get(name="v1.0.0").images
    return {f"images.{component}": image for component, image in images.items()}


def _skip() -> dict[str, Any]:
    step = Step.objects.filter(run=Run.objects.latest("pk"), kind="wait_ready", prod__name="c-2").get()
    return {**WHY, "step": step.pk}


def _facts() -> dict[str, Any]:
    row = Prod.objects.get(name="a-1")
    return {"role": row.role, "capacity": row.capacity + 1, "endpoint": "https://a.example"}


PAGES = [
    Page("RegisterForm", "/clusters/new/", lambda: {"name": "z", **bodies.FACTS, **_connection()}),
    Page("FactsForm", "/clusters/a/edit/", lambda: bodies.FACTS),
    Page("CredentialsForm", "/clusters/a/credentials/", _connection),
    Page("WhyForm", "/clusters/a/cordon/", lambda: WHY),
    Page(
        "TypedForm",
        "/clusters/a-lonely/retire/",
        lambda: {**WHY, "typed": "a-lonely"},
        lambda: build.cluster("a-lonely"),
    ),
    Page(
        "RevisionForm", "/blueprints/new/", lambda: {"name": "store", "text": bodies.MANIFESTS, "note": "a"}
    ),
    Page(
        "VersionForm",
        "/blueprints/shop/versions/new/",
        lambda: {"name": "v9", "rollback": "safe", "shares_data_with": "v1.0.0", **_images()},
    ),
    Page("ActForm", "/runs/{run}/skip/", _skip),
    Page("ActForm", "/line/stop/", lambda: WHY),
    Page("ActForm", "/prods/a-1/hold/", lambda: WHY),
    Page("ActForm", "/versions/{version}/veto/", lambda: WHY),
    Page(
        "NewProdForm",
        "/prods/new/",
        lambda: {"text": (build.DEMO / "prod.yaml").read_text(), "do": "create"},
    ),
    Page(
        "ChangeForm",
        "/prods/a-1/change/",
        lambda: {
            "overrides": "replicas: {api: 5}",
            "do": "start",
            **WHY,
            "digest": bodies.preview_change("a-1", {"replicas": {"api": 5}}).plan.digest,
        },
        bodies.no_run,
    ),
    Page("FactsForm", "/prods/a-1/facts/", _facts),
    Page(
        "RetireForm",
        "/prods/b-1/retire/",
        lambda: {**WHY, "confirm": "b-1", "digest": preview_retire("b-1").plan.digest},
        bodies.no_run,
    ),
    Page(
        "HealForm",
        "/prods/a-1/heal/",
        lambda: {**WHY, "digest": bodies.preview_heal("a-1").plan.digest},
        bodies.drifted,
    ),
    Page("ReasonForm", "/settings/tokens/{token}/revoke/", lambda: WHY),
    Page("TokenForm", "/settings/tokens/", lambda: {"name": "ci", "role": "viewer", "days": "30"}),
    Page("PersonForm", "/settings/people/", lambda: {"username": "mika", "role": "viewer"}),
    Page("RoleForm", "/settings/people/somebody/", lambda: {**WHY, "role": "on-call"}),
    Page(
        "OwnPasswordForm",
        "/settings/password/",
        lambda: {"current": PASSWORD, "new": "a sentence is best", "again": "a sentence is best"},
    ),
]
LINE = {"markup", "a path", "a template", "quotes", "half a surrogate"}  # half of one is read as U+FFFD
# Field -> faults that are none: people's own words, which are shown escaped; what is opaque; what is hidden.
WORDS = {*LINE, "emoji", "right to left", "control characters"}
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
