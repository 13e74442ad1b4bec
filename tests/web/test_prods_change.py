"""A Prod is made, changed, scaled, held and retired on pages, without JavaScript."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from clusters.models import Overrides, Prod
from releases.models import Hold, Run, Step
from releases.prod_previews import preview_retire
from tests import build
from tests.engine import driver
from tests.web.conftest import Browser

C_3 = (build.DEMO / "prod.yaml").read_text()
MORE = "replicas: {api: 5}"

pytestmark = pytest.mark.usefixtures("fleet")


def said(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[-2000:]
    return answer.content.decode()


def test_the_example_can_be_used_as_it_is(browser: Browser) -> None:
    client = browser("admin")
    example = client.get("/prods/new/").context["page"].example
    page = said(client.post("/prods/new/", {"text": example, "do": "preview"}))
    assert "It would make" in page and "my-prod" in page


def test_a_new_prod_is_shown_whole_before_anything_happens(browser: Browser) -> None:
    page = said(browser("admin").post("/prods/new/", {"text": C_3, "do": "preview"}))
    assert "Deployment api" in page and "Set version" in page and "could not be seen" in page
    assert not Prod.objects.filter(name="c-3").exists() and not Run.objects.exists()


def test_a_new_prod_is_made_and_built(browser: Browser) -> None:
    answer = browser("admin").post("/prods/new/", {"text": C_3, "do": "create"})
    run = Run.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/runs/{run.pk}/")
    assert (run.kind, Prod.objects.get(name="c-3").lifecycle) == ("build", "building")


def test_a_prod_comes_from_a_file_too(browser: Browser) -> None:
    file = SimpleUploadedFile("prod.yaml", C_3.encode())
    page = said(browser("admin").post("/prods/new/", {"file": file, "text": "", "do": "preview"}))
    assert "c-3" in page and "Make 1 Prod and build it" in page


def test_what_is_there_already_is_not_made_again(browser: Browser) -> None:
    client = browser("admin")
    client.post("/prods/new/", {"text": C_3, "do": "create"})
    page = said(client.post("/prods/new/", {"text": C_3, "do": "preview"}))
    assert "is there, unchanged" in page and "All of it is there already" in page
    assert client.post("/prods/new/", {"text": C_3, "do": "create"})["Location"] == "/prods/"
    assert Run.objects.count() == 1


BAD = {
    "nothing": ({"text": ""}, 400, "The file holds nothing"),
    "no yaml": ({"text": "a: ["}, 400, "is no valid YAML"),
    "aliases": ({"text": "a: &x [1]\nb: *x"}, 400, "anchor or alias"),
    "too deep": ({"text": "[" * 50 + "]" * 50}, 400, "nested deeper"),
    "markup": ({"text": C_3.replace("c-3", "<b>x</b>")}, 400, "&lt;b&gt;"),
    "a tag": ({"text": "!!python/object:os.system {}"}, 400, "YAML"),
    "unknown cluster": ({"text": C_3.replace("cluster: c", "cluster: z")}, 409, "There is no cluster z"),
    "unknown field": ({"text": C_3.replace("spec:", "spec:\n  colour: red")}, 400, "spec.colour"),
    "not text": ({"file": SimpleUploadedFile("x", b"\xff\xfe\x00")}, 400, "no text in UTF-8"),
    "a huge file": ({"file": SimpleUploadedFile("x", b" " * (2**20 + 1))}, 400, "larger than 1 MiB"),
    "no file at all": ({"file": "x"}, 400, "The file holds nothing"),
}


@pytest.mark.parametrize(("data", "status", "words"), BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("do", ["preview", "create"])
def test_what_is_wrong_is_said_and_nothing_is_made(
    browser: Browser, data: dict[str, Any], status: int, words: str, do: str
) -> None:
    before = Prod.objects.count()
    for value in data.values():
        if isinstance(value, SimpleUploadedFile):
            value.seek(0)
    page = said(browser("admin").post("/prods/new/", {**data, "do": do}), status)
    assert words in page
    assert Prod.objects.count() == before and not Run.objects.exists()


def change(client: Any, overrides: str = MORE, **more: str) -> Any:
    return client.post("/prods/b-1/change/", {"overrides": overrides, **more})


def test_a_change_is_read_and_then_started(browser: Browser) -> None:
    client = browser("release-manager")
    answer = change(client, do="preview")
    page = said(answer)
    assert "spec.replicas" in page and "- 3" in page and "+ 5" in page
    assert not Run.objects.exists()
    digest = answer.context["page"].plan.digest
    answer = change(client, do="start", digest=digest, reason="more users")
    run = Run.objects.get()
    assert (answer["Location"], run.kind) == (f"/runs/{run.pk}/", "change")
    driver.finish(run)
    page = said(client.get(f"/runs/{run.pk}/"))
    assert "Change #" in page and "b-1" in page
    page = said(client.get("/prods/b-1/"))
    assert "r2" in page and "api: 5" in page


def test_a_stale_plan_is_refused_and_what_was_typed_stays(browser: Browser) -> None:
    page = said(change(browser("release-manager"), do="start", digest="0" * 64), 409)
    assert "The plan has changed" in page and MORE in page and not Run.objects.exists()


BAD_OVERRIDES = {
    "no yaml": ("replicas: [", 400, "is no valid YAML"),
    "a list": ("- 1", 400, "has to be: object"),
    "unknown field": ("colour: red", 400, "overrides.colour"),
    "a word": ("replicas: {api: many}", 400, "overrides.replicas.api"),
    "two documents": ("replicas: {}\n---\nlabels: {}", 400, "Give one document, not 2"),
    "nobody's replicas": ("replicas: {db: 2}", 409, "no component that scales"),
    "what it has": ("", 200, "nothing would change"),
}


@pytest.mark.parametrize(("text", "status", "words"), BAD_OVERRIDES.values(), ids=BAD_OVERRIDES.keys())
def test_overrides_that_cannot_be_are_said(browser: Browser, text: str, status: int, words: str) -> None:
    assert words in said(change(browser("release-manager"), text, do="preview"), status)
    assert Overrides.objects.filter(prod__name="b-1").count() == 1


def test_scale_leads_to_the_same_change(browser: Browser) -> None:
    client = browser("release-manager")
    answer = client.get("/prods/b-1/scale/?component=api&replicas=5")
    assert "+ 5" in said(answer)
    shown = answer.context["page"]
    change(client, shown.text, do="start", digest=shown.plan.digest)
    assert Overrides.objects.get(prod__name="b-1", number=2).content["replicas"] == {"api": 5}


@pytest.mark.parametrize(
    "query", ["component=db&replicas=1", "component=api&replicas=-1", "component=api", "x=1"]
)
def test_a_scale_that_cannot_be_is_said(browser: Browser, query: str) -> None:
    said(browser("release-manager").get(f"/prods/b-1/scale/?{query}"), 400)


def test_facts_are_saved_at_once(browser: Browser) -> None:
    client = browser("release-manager")
    facts = {"role": "standby", "capacity": "1200", "endpoint": "https://b-1.example"}
    assert client.post("/prods/b-1/facts/", facts)["Location"] == "/prods/b-1/"
    row = Prod.objects.get(name="b-1")
    assert (row.role, row.capacity, row.endpoint) == ("standby", 1200, "https://b-1.example")
    assert not Run.objects.exists()


BAD_FACTS = [
    {"capacity": "0"},
    {"capacity": "many"},
    {"role": "king"},
    {"endpoint": "javascript:x"},
    {"capacity": ""},
]


@pytest.mark.parametrize("wrong", BAD_FACTS, ids=str)
def test_facts_that_cannot_be_change_nothing(browser: Browser, wrong: dict[str, str]) -> None:
    facts = {"role": "standby", "capacity": "1200", "endpoint": "", **wrong}
    said(browser("release-manager").post("/prods/b-1/facts/", facts), 400)
    assert Prod.objects.get(name="b-1").role == "live"


def test_a_hold_takes_a_reason(browser: Browser) -> None:
    client = browser("on-call")
    said(client.post("/prods/b-1/hold/", {"reason": ""}), 400)
    assert not Hold.objects.exists()
    assert client.post("/prods/b-1/hold/", {"reason": "we look at it"})["Location"] == "/prods/b-1/"
    assert "we look at it" in said(client.get("/prods/b-1/"))


def test_a_retire_shows_what_goes_and_wants_the_name(browser: Browser) -> None:
    client = browser("admin")
    page = said(client.get("/prods/b-1/retire/"))
    assert "prod-b-1" in page and "stays with a-2" in page
    for line in (
        "Take it out of 3 Routes (tenants: 300)",
        "Stay open to a rollback until the first object goes.",
        "Keep its history",
    ):
        assert line in page, line
    digest = preview_retire("b-1").plan.digest
    data = {"digest": digest, "reason": "it is not needed", "confirm": "b-2"}
    page = said(client.post("/prods/b-1/retire/", data), 409)
    assert "Type the name of the Prod, b-1" in page and not Run.objects.exists()
    assert "it is not needed" in page and 'value="b-2"' in page
    answer = client.post("/prods/b-1/retire/", {**data, "confirm": "b-1"})
    run = Run.objects.get()
    assert (answer["Location"], run.kind) == (f"/runs/{run.pk}/", "retire")
    assert "Retire #" in said(client.get(f"/runs/{run.pk}/")) and "Retire #" in said(client.get("/releases/"))


def test_a_prod_that_alone_serves_somebody_cannot_be_retired(browser: Browser) -> None:
    page = said(browser("admin").get("/prods/a-1/retire/"))
    assert "alone serves" in page and "disabled" in page


def test_a_contested_step_offers_a_take_over_to_who_may(browser: Browser) -> None:
    client = browser("release-manager")
    digest = change(client, do="preview").context["page"].plan.digest
    change(client, do="start", digest=digest)
    run = Run.objects.get()
    driver.advance(run)
    told = {"kind": "Deployment", "name": "api", "fields": ".spec.replicas", "managers": "kubectl"}
    step = Step.objects.get(run=run, kind="set_version")
    Step.objects.filter(pk=step.pk).update(
        state="failed", reason={"code": "object-contested", "params": told}, finished_at=run.since
    )
    driver.advance(run)
    page = said(client.get(f"/runs/{run.pk}/"))
    assert "kubectl owns fields of Deployment api: .spec.replicas" in page
    assert f"/runs/{run.pk}/take-over/?step={step.pk}" in page
    assert f"/runs/{run.pk}/take-over/?step={step.pk}" not in said(browser("on-call").get(f"/runs/{run.pk}/"))
    assert browser("on-call").post(f"/runs/{run.pk}/take-over/", {"step": step.pk}).status_code == 403
    assert "kubectl owns" in said(client.get(f"/runs/{run.pk}/take-over/?step={step.pk}"))
    client.post(f"/runs/{run.pk}/take-over/", {"step": step.pk, "reason": "it is ours"})
    step.refresh_from_db()
    assert (step.state, step.params["take_over"]) == ("waiting", True)
