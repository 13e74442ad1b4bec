"""The forms of Clusters: every field wrong in its way, nothing changed, and secrets never sent back."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from clusters.actions.clusters import facts_of
from clusters.core.registration import facts_digest
from clusters.models import Cluster
from clusters.vault import decrypt
from tests import build
from tests.core.clusters.kubeconfigs import CLIENT, EXEC, config, two_contexts
from tests.web.conftest import Browser

SECRET = "canary-51e0"
FACTS = {"provider": "gke", "region": "eu", "failure_domain": "eu-a", "purpose": "edge"}
NEW = {"name": "b", **FACTS, "access": "token", "server": "https://a.example", "token": SECRET}
CERTIFICATE = {
    "access": "certificate",
    "server": "https://a.example",
    "client_certificate": CLIENT.cert_pem,
    "client_key": CLIENT.key_pem,
}
EKS = {"access": "eks", "server": "", "eks_cluster": "shop", "aws_region": "eu-central-1"}


@pytest.fixture
def post(browser: Browser) -> Any:
    """post(path, fields) -> the answer, as an admin."""
    client = browser("admin")

    def _post(path: str, data: dict[str, Any]) -> HttpResponse:
        return client.post(path, data)

    return _post


def errors(answer: HttpResponse) -> set[str]:
    """The fields that have an error."""
    assert answer.status_code == 400
    assert answer.content.count(b'class="wrong"') >= 1 or b"note bad" in answer.content
    return set(answer.context["form"].errors)  # type: ignore[attr-defined]


def test_a_cluster_is_registered_with_a_token(post: Any) -> None:
    answer = post("/clusters/new/", NEW)
    assert (answer.status_code, answer["Location"]) == (302, "/clusters/b/")
    row = Cluster.objects.get()
    assert (row.purpose, row.access, row.server) == ("edge", "token", "https://a.example")
    assert decrypt(row.credentials).token == SECRET


def test_what_is_hidden_of_another_way_does_not_matter(post: Any) -> None:
    leftovers = {"kubeconfig": "nonsense", "eks_cluster": "../x", "client_key": "x"}
    assert post("/clusters/new/", NEW | leftovers).status_code == 302


@pytest.mark.parametrize("field", ["name", "provider", "failure_domain", "access", "server", "token"])
def test_a_field_that_is_missing_is_asked_for(post: Any, field: str) -> None:
    assert field in errors(post("/clusters/new/", {**NEW, field: ""}))
    assert not Cluster.objects.exists()


LONG = "x" * 30_000
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "name, markup": ({"name": "<script>"}, "name"),
    "name, too long": ({"name": "x" * 64}, "name"),
    "name, a path": ({"name": "../a"}, "name"),
    "name, reserved": ({"name": "new"}, "name"),
    "name, nul": ({"name": "a\x00"}, "name"),
    "provider, too long": ({"provider": LONG}, "provider"),
    "provider, control": ({"provider": "a\x07b"}, "provider"),
    "provider, nul": ({"provider": "a\x00b"}, "provider"),
    "region, too long": ({"region": LONG}, "region"),
    "region, control": ({"region": "a\nb"}, "region"),
    "failure domain, too long": ({"failure_domain": LONG}, "failure_domain"),
    "failure domain, backwards": ({"failure_domain": "a\u202eb"}, "failure_domain"),
    "purpose, unknown": ({"purpose": "party"}, "purpose"),
    "access, unknown": ({"access": "exec"}, "access"),
    "access, not allowed": ({"access": "in-cluster"}, "access"),
    "server, plain": ({"server": "http://a.example"}, "server"),
    "server, metadata": ({"server": "https://169.254.169.254"}, "server"),
    "server, a password": ({"server": "https://u:p@a.example"}, "server"),
    "server, too long": ({"server": f"https://{LONG}"}, "server"),
    "server, markup": ({"server": "<b>"}, "server"),
    "token, two lines": ({"token": "a b\nc"}, "token"),
    "token, too long": ({"token": LONG}, "token"),
    "ca, no PEM": ({"ca": "hello"}, "ca"),
    "ca, too long": ({"ca": LONG}, "ca"),
    "kubeconfig, missing": ({"access": "kubeconfig"}, "kubeconfig"),
    "kubeconfig, exec": ({"access": "kubeconfig", "kubeconfig": json.dumps(config(user={"exec": EXEC}))}, "kubeconfig"),
    "kubeconfig, no YAML": ({"access": "kubeconfig", "kubeconfig": "a: ["}, "kubeconfig"),
    "context, unknown": ({"access": "kubeconfig", "kubeconfig": two_contexts(), "context": "<b>"}, "context"),
    "context, not chosen": ({"access": "kubeconfig", "kubeconfig": two_contexts()}, "context"),
    "certificate, missing": (CERTIFICATE | {"client_certificate": ""}, "client_certificate"),
    "certificate, no PEM": (CERTIFICATE | {"client_certificate": "x"}, "client_certificate"),
    "key, missing": (CERTIFICATE | {"client_key": ""}, "client_key"),
    "key, another's": (CERTIFICATE | {"client_key": CLIENT.cert_pem}, "client_key"),
    "EKS, no name": (EKS | {"eks_cluster": ""}, "eks_cluster"),
    "EKS, a path": (EKS | {"eks_cluster": "../x"}, "eks_cluster"),
    "EKS, no region": (EKS | {"aws_region": ""}, "aws_region"),
    "EKS, a host": (EKS | {"aws_region": "evil.example"}, "aws_region"),
    "EKS, another server": (EKS | {"server": "https://evil.example"}, "server"),
    "EKS, half a pair": (EKS | {"server": "", "access_key_id": "AKIAIOSFODNN7EXAMPLE"}, "secret_access_key"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "field"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_value_is_told_at_its_field(post: Any, changes: dict[str, Any], field: str) -> None:
    answer = post("/clusters/new/", {**NEW, **changes})
    assert errors(answer) == {field}
    assert not Cluster.objects.exists()
    said = answer.content.decode()
    assert "<script>" not in said and "<b>" not in said.replace("<b>admin</b>", "")


def test_what_was_typed_is_kept_but_no_secret(post: Any) -> None:
    given = {**NEW, "name": "-", "client_key": SECRET, "secret_access_key": SECRET, "kubeconfig": SECRET}
    said = post("/clusters/new/", given).content.decode()
    assert 'value="gke"' in said and 'value="https://a.example"' in said
    assert SECRET not in said


def upload(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("config", data)


FILES = {
    "20 MB": b"#" * (20 * 2**20),
    "binary": b"\xff\xfe\x00",
    "no YAML": b"a: [",
    "bomb": b"a: &a [x]\nb: [*a, *a]\n",
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES.keys())
def test_a_hostile_file_is_refused(post: Any, data: bytes) -> None:
    answer = post("/clusters/new/", {**NEW, "access": "kubeconfig", "kubeconfig_file": upload(data)})
    assert errors(answer) & {"kubeconfig", "kubeconfig_file"}
    assert not Cluster.objects.exists()


def test_a_huge_text_is_refused(post: Any) -> None:
    answer = post("/clusters/new/", {**NEW, "access": "kubeconfig", "kubeconfig": "#" * (20 * 2**20)})
    assert answer.status_code == 400
    assert not Cluster.objects.exists()


def test_a_context_is_chosen_without_giving_the_file_again(post: Any) -> None:
    file = two_contexts().replace("secret-token", SECRET).encode()
    first = post(
        "/clusters/new/", {**NEW, "token": "", "access": "kubeconfig", "kubeconfig_file": upload(file)}
    )
    said = first.content.decode()
    assert errors(first) == {"context"}
    assert '<option value="b">b</option>' in said and SECRET not in said
    sealed = first.context["form"].kept
    second = {**NEW, "token": "", "access": "kubeconfig", "sealed": sealed, "context": "b"}
    assert post("/clusters/new/", second).status_code == 302
    assert Cluster.objects.get().server == "https://b.example"


def test_what_was_sealed_for_one_is_of_no_use_to_another(post: Any, browser: Browser) -> None:
    first = post("/clusters/new/", {**NEW, "access": "kubeconfig", "kubeconfig": two_contexts()})
    build.person("admin", "other")
    other = browser("admin")
    other.force_login(build.person("admin", "other"), "django.contrib.auth.backends.ModelBackend")
    stolen = {**NEW, "access": "kubeconfig", "sealed": first.context["form"].kept, "context": "b"}
    assert errors(other.post("/clusters/new/", stolen)) == {"kubeconfig"}


def test_a_name_that_is_taken_is_told_at_the_name(post: Any) -> None:
    build.cluster("b")
    assert errors(post("/clusters/new/", NEW)) == {"name"}
    assert Cluster.objects.get().provider == "on-premises"


def test_facts_are_edited(post: Any) -> None:
    row = build.cluster("a")
    seen = facts_digest(facts_of(row))
    assert post("/clusters/a/edit/", {**FACTS, "read_as": seen}).status_code == 302
    row.refresh_from_db()
    assert (row.provider, row.region, row.failure_domain, row.purpose) == tuple(FACTS.values())


def test_an_edit_on_what_is_no_longer_so_changes_nothing(post: Any) -> None:
    row = build.cluster("a")
    seen = facts_digest(facts_of(row))
    Cluster.objects.update(region="meanwhile")
    answer = post("/clusters/a/edit/", {**FACTS, "read_as": seen})
    assert errors(answer) == {"__all__"}
    assert "Somebody changed the cluster a meanwhile" in answer.content.decode()
    assert Cluster.objects.get().region == "meanwhile"


@pytest.mark.parametrize("field", ["provider", "failure_domain", "purpose"])
def test_an_edit_needs_the_same_fields(post: Any, field: str) -> None:
    build.cluster("a")
    assert errors(post("/clusters/a/edit/", {**FACTS, field: ""})) == {field}


def test_another_address_needs_its_own_secret(post: Any) -> None:
    row = build.cluster("a")
    before = bytes(row.credentials)
    answer = post("/clusters/a/credentials/", {"access": "token", "server": "https://evil.example"})
    assert errors(answer) == {"token"}
    assert bytes(Cluster.objects.get().credentials) == before


def test_replaced_credentials_were_never_tested(post: Any) -> None:
    build.cluster("a")
    Cluster.objects.update(
        rights_at="2026-01-01T00:00:00Z", excess_rights=[{"group": "", "resource": "x", "verb": "y"}]
    )
    whole = {"access": "token", "server": "https://a.example", "token": SECRET}
    assert post("/clusters/a/credentials/", whole).status_code == 302
    row = Cluster.objects.get()
    assert (row.rights_at, row.excess_rights, decrypt(row.credentials).token) == (None, [], SECRET)
