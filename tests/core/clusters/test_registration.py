"""Registering a Cluster: every field, and what is wrong with it."""

from typing import Any

import pytest

from clusters.core.credentials import Credentials, Eks
from clusters.core.registration import (
    ACCESS,
    ACCESS_FIELDS,
    Facts,
    facts_digest,
    read_credentials,
    read_facts,
    read_name,
)
from journal.core.reasons import FieldErrors
from tests.core.clusters.kubeconfigs import CA, CLIENT, OTHER, two_contexts

FACTS = {"provider": "eks", "region": "eu", "failure_domain": "eu-a", "purpose": "workload"}
GOOD: dict[str, dict[str, Any]] = {
    "kubeconfig": {"kubeconfig": two_contexts(), "context": "b"},
    "token": {"server": "https://a.example", "ca": CA.cert_pem, "token": "t0ken"},
    "certificate": {
        "server": "https://a.example",
        "ca": CA.cert_pem,
        "client_certificate": CLIENT.cert_pem,
        "client_key": CLIENT.key_pem,
    },
    "in-cluster": {},
    "eks": {
        "eks_cluster": "shop",
        "aws_region": "eu-central-1",
        "server": "https://AB12.gr7.eu-central-1.eks.amazonaws.com",
        "ca": CA.cert_pem,
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    },
}
TAKEN = {
    "kubeconfig": Credentials("https://b.example", token="secret-token"),
    "token": Credentials("https://a.example", CA.cert_pem, "t0ken"),
    "certificate": Credentials("https://a.example", CA.cert_pem, "", CLIENT.cert_pem, CLIENT.key_pem),
    "in-cluster": Credentials("", in_cluster=True),
    "eks": Credentials(
        "https://AB12.gr7.eu-central-1.eks.amazonaws.com",
        CA.cert_pem,
        eks=Eks("shop", "eu-central-1", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ),
}


def errors(access: Any, given: dict[str, Any], *, allowed: bool = True) -> dict[str, str]:
    """What is wrong: code by field."""
    with pytest.raises(FieldErrors) as caught:
        read_credentials(access, given, in_cluster_allowed=allowed)
    return {path: reason.code for path, reason in caught.value.errors}


def facts_errors(**given: Any) -> dict[str, str]:
    with pytest.raises(FieldErrors) as caught:
        read_facts(FACTS | given)
    return {path: reason.code for path, reason in caught.value.errors}


@pytest.mark.parametrize("access", ACCESS)
def test_each_way_to_connect_can_be_given(access: str) -> None:
    assert read_credentials(access, GOOD[access], in_cluster_allowed=True) == TAKEN[access]


NEEDED = [(access, field) for access, fields in ACCESS.items() for field, needed in fields.items() if needed]


@pytest.mark.parametrize(("access", "field"), NEEDED)
@pytest.mark.parametrize("value", ["", "  \n ", None], ids=["empty", "blank", "null"])
def test_a_field_that_is_needed_is_asked_for(access: str, field: str, value: Any) -> None:
    assert errors(access, GOOD[access] | {field: value}) == {field: "value-needed"}


ALL = [(access, field) for access, fields in ACCESS.items() for field in fields]


@pytest.mark.parametrize(("access", "field"), ALL)
@pytest.mark.parametrize("value", [7, True, ["x"], {"a": 1}], ids=str)
def test_nothing_but_text_is_taken(access: str, field: str, value: Any) -> None:
    assert errors(access, GOOD[access] | {field: value})[field] == "not-text"


@pytest.mark.parametrize("access", ACCESS)
def test_what_belongs_to_another_way_is_refused(access: str) -> None:
    for field in ACCESS_FIELDS - set(ACCESS[access]):
        assert errors(access, GOOD[access] | {field: "x"}) == {field: "value-unexpected"}
    assert errors(access, GOOD[access] | {"surprise": "x"}) == {"surprise": "field-unknown"}


WRONG = {
    "plain server": ("token", {"server": "http://a.example"}, "server", "kubeconfig-server"),
    "metadata": ("token", {"server": "https://169.254.169.254"}, "server", "address-refused"),
    "markup": ("token", {"server": "<script>"}, "server", "kubeconfig-server"),
    "two lines of token": ("token", {"token": "a\nb"}, "token", "token-shape"),
    "a long token": ("token", {"token": "x" * 20_000}, "token", "token-shape"),
    "other letters": ("token", {"token": "tökén"}, "token", "token-shape"),
    "no PEM": ("token", {"ca": "hello"}, "ca", "pem-no-certificate"),
    "a huge CA": ("token", {"ca": CA.cert_pem * 60}, "ca", "pem-too-large"),
    "no certificate": (
        "certificate",
        {"client_certificate": "x"},
        "client_certificate",
        "pem-no-certificate",
    ),
    "another's key": ("certificate", {"client_key": OTHER.key_pem}, "client_key", "key-mismatch"),
    "no key": ("certificate", {"client_key": CLIENT.cert_pem}, "client_key", "pem-no-key"),
    "no such context": ("kubeconfig", {"context": "zzz"}, "context", "kubeconfig-no-entry"),
    "no context chosen": ("kubeconfig", {"context": ""}, "context", "context-needed"),
    "a host for a region": ("eks", {"aws_region": "evil.example/"}, "aws_region", "aws-region"),
    "a path for a name": ("eks", {"eks_cluster": "../x"}, "eks_cluster", "eks-cluster-name"),
    "half a key pair": ("eks", {"secret_access_key": ""}, "secret_access_key", "aws-key-pair"),
    "the other half": ("eks", {"access_key_id": ""}, "secret_access_key", "aws-key-pair"),
    "an odd key id": ("eks", {"access_key_id": "x\ny"}, "secret_access_key", "aws-key-pair"),
    "EKS elsewhere": ("eks", {"server": "https://evil.example"}, "server", "eks-server"),
    "nearly EKS": ("eks", {"server": "https://eks.amazonaws.com.evil.example"}, "server", "eks-server"),
}


@pytest.mark.parametrize(("access", "given", "field", "code"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_value_is_told_at_its_field(
    access: str, given: dict[str, str], field: str, code: str
) -> None:
    assert errors(access, GOOD[access] | given) == {field: code}


def test_all_errors_are_told_at_once() -> None:
    given = {"server": "x", "ca": "x", "token": "a b"}
    assert set(errors("token", given)) == {"server", "ca", "token"}


@pytest.mark.parametrize("access", ["", "exec", 7, None, ["token"]], ids=str)
def test_an_unknown_way_to_connect_is_refused(access: Any) -> None:
    assert errors(access, {}) == {"access": "value-unknown"}


def test_the_own_service_account_is_for_those_who_allow_it() -> None:
    assert errors("in-cluster", {}, allowed=False) == {"access": "not-in-cluster"}


def test_white_space_around_a_copied_value_does_not_matter() -> None:
    given = {"server": " https://a.example/ ", "ca": f"\n{CA.cert_pem}\n ", "token": "t0ken\n"}
    assert read_credentials("token", given, in_cluster_allowed=False) == TAKEN["token"]


def test_a_kubeconfig_with_one_context_needs_no_choice() -> None:
    one = two_contexts().replace("- context:\n    cluster: b\n    user: a\n  name: b\n", "")
    assert read_credentials("kubeconfig", {"kubeconfig": one}, in_cluster_allowed=False).token


@pytest.mark.parametrize("field", ["provider", "failure_domain", "purpose"])
def test_a_fact_that_is_needed_is_asked_for(field: str) -> None:
    assert facts_errors(**{field: " "}) == {field: "value-needed"}


@pytest.mark.parametrize("field", FACTS)
@pytest.mark.parametrize(
    ("value", "code"),
    [
        (7, "not-text"),
        (["x"], "not-text"),
        ("x" * 64, "value-too-long"),
        ("a\x00b", "value-characters"),
        ("a\u202eb", "value-characters"),
        ("\ud800", "value-characters"),
    ],
    ids=["number", "list", "long", "nul", "right-to-left", "half a pair"],
)
def test_a_wrong_fact_is_told_at_its_field(field: str, value: Any, code: str) -> None:
    assert facts_errors(**{field: value}) == {field: code}


def test_an_unknown_fact_or_purpose_is_refused() -> None:
    assert facts_errors(purpose="party") == {"purpose": "value-unknown"}
    assert facts_errors(server="https://evil.example") == {"server": "field-unknown"}


def test_what_is_not_given_stays_as_it_was() -> None:
    was = Facts("eks", "eu", "eu-a", "edge")
    assert read_facts({"region": ""}, was) == Facts("eks", "", "eu-a", "edge")
    assert read_facts(FACTS) == Facts("eks", "eu", "eu-a")
    assert facts_digest(was) != facts_digest(Facts("eks", "eu", "eu-a"))


@pytest.mark.parametrize("name", ["a", "a-1", "0", "x" * 63])
def test_a_plain_name_is_taken(name: str) -> None:
    assert read_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "A", "-a", "a-", "a b", "a\n", "../a", "<b>", "x" * 64, "new", "live", "ä", 7, None, ["a"]],
    ids=str,
)
def test_another_name_is_refused(name: Any) -> None:
    with pytest.raises(FieldErrors) as caught:
        read_name(name)
    assert caught.value.errors[0][0] == "name"
