"""Objects in protobuf, encoded here by hand, and the schemas made from the same messages."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.api.protobuf import MAGIC, read_object
from simulator.api.schemas import schemas_of
from simulator.kinds.messages import SCALARS, SPECIAL, message_name, messages
from simulator.kinds.registry import BUILT_IN_KINDS

WITHOUT_MESSAGE = {"gateway.networking.k8s.io", "apiextensions.k8s.io", "metrics.k8s.io"}


def text(number: int, value: str | bytes) -> bytes:
    """A length-delimited field: a string, or a message already encoded."""
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def whole(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value % 2**64)


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def body(api_version: str, kind: str, data: bytes) -> bytes:
    return MAGIC + text(1, text(1, api_version) + text(2, kind)) + text(2, data)


def read(api_version: str, kind: str, data: bytes) -> Any:
    found = read_object(body(api_version, kind, data))
    assert (found.pop("apiVersion"), found.pop("kind")) == (api_version, kind)
    return found


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(whole(1, 0), {"replicas": 0}, id="zero of a pointer is a value"),
        pytest.param(whole(5, 0) + whole(7, 0), {}, id="zero of a plain field is none"),
        pytest.param(whole(5, 5) + whole(7, 1), {"minReadySeconds": 5, "paused": True}, id="numbers and booleans"),
        pytest.param(whole(1, -3), {"replicas": -3}, id="a negative number"),
        pytest.param(text(2, b""), {"selector": {}}, id="an empty message is an empty map"),
        pytest.param(text(4, text(2, text(1, whole(1, 1) + text(3, "25%")) + text(2, whole(1, 0) + whole(2, 1)))),
                     {"strategy": {"rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 1}}}, id="int or string"),
        pytest.param(text(99, "later"), {}, id="a field of a later release is passed over"),
    ],
)  # fmt: skip
def test_a_deployment(spec: bytes, expected: dict[str, Any]) -> None:
    assert read("apps/v1", "Deployment", text(1, text(1, "api")) + text(2, spec)) == {
        "metadata": {"name": "api"}, "spec": expected}  # fmt: skip


def test_a_pod() -> None:
    secret = text(1, "keys") + text(2, text(6, text(1, "hidden")))
    limits = text(8, text(1, text(1, "cpu") + text(2, text(1, "100m"))))
    probe = text(
        11, text(1, text(2, text(1, "/healthz") + text(2, whole(1, 1) + text(3, "http")))) + whole(2, 3)
    )
    container = text(1, "api") + text(4, "a") + text(4, "") + limits + probe
    assert read("v1", "Pod", text(2, text(1, secret) + text(2, container)))["spec"] == {
        "volumes": [{"name": "keys", "secret": {"secretName": "hidden"}}],
        "containers": [{
            "name": "api", "args": ["a", ""], "resources": {"limits": {"cpu": "100m"}},
            "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "initialDelaySeconds": 3}}],
    }  # fmt: skip


def test_times_bytes_and_maps() -> None:
    assert read("v1", "ConfigMap", text(1, text(1, "a") + text(8, b"")) + text(2, text(1, "k") + text(2, "1"))) == {
        "metadata": {"name": "a"}, "data": {"k": "1"}}  # fmt: skip
    assert read("v1", "Secret", text(2, text(1, "k") + text(2, b"\xff"))) == {"data": {"k": "/w=="}}
    lease = text(2, text(1, "me") + text(4, whole(1, 1_800_000_000) + whole(2, 5_000_000)))
    assert read("coordination.k8s.io/v1", "Lease", lease)["spec"] == {
        "holderIdentity": "me", "renewTime": "2027-01-15T08:00:00.005000Z"}  # fmt: skip


def test_options_of_a_deletion_stand_in_no_group() -> None:
    found = read_object(body("policy/v1", "DeleteOptions", whole(1, 0) + text(4, "Foreground")))
    assert (found["gracePeriodSeconds"], found["propagationPolicy"]) == (0, "Foreground")


@given(st.binary(max_size=60))
def test_other_bytes_are_refused_not_a_crash(noise: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_object(MAGIC + noise)


@given(st.binary(max_size=60), st.sampled_from([("v1", "Pod"), ("batch/v1", "Job"), ("v1", "Event")]))
def test_a_damaged_object_is_refused_or_read_not_a_crash(noise: bytes, kind: tuple[str, str]) -> None:
    try:
        found = read_object(body(*kind, noise))
    except ValueError:
        return
    assert found["kind"] == kind[1]


def test_every_kind_of_kubernetes_itself_has_its_messages() -> None:
    kinds = [kind for kind in BUILT_IN_KINDS if kind.group not in WITHOUT_MESSAGE]
    assert [kind.key for kind in kinds if message_name(kind.api_version, kind.kind) not in messages()] == []
    used = {field.type for fields in messages().values() for field in fields.values()}
    assert used - SCALARS - SPECIAL - messages().keys() == set()


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else ())
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


@pytest.mark.parametrize("group", sorted({kind.group for kind in BUILT_IN_KINDS}))
def test_no_schema_refers_to_one_that_is_not_there(group: str) -> None:
    found = schemas_of(tuple(kind for kind in BUILT_IN_KINDS if kind.group == group))
    assert {name.rpartition("/")[2] for name in references(found)} - found.keys() == set()
