"""From a row to its router: settings that cannot be used are told by field, and nothing is asked."""

from typing import Any

import pytest

from journal.sentences import sentence
from traffic.engine.instances import connect_instance
from traffic.models import Router, RouterInstance
from traffic.routers.protocol import Unreachable

GATEWAY = {"namespace": "routing", "gateway": "public"}
HAPROXY = {"address": "127.0.0.1:9999"}
WRONG = [
    ("gateway-api", {"gateway": "public"}, "namespace"),
    ("gateway-api", {"namespace": "routing"}, "gateway"),
    ("gateway-api", {**GATEWAY, "namespace": 5}, "namespace"),
    ("gateway-api", {**GATEWAY, "listener": ""}, "listener"),
    ("gateway-api", {**GATEWAY, "health_checks": "yes"}, "health_checks"),
    ("haproxy", {}, "address"),
    ("haproxy", {**HAPROXY, "routes": "many"}, "routes"),
    ("haproxy", {**HAPROXY, "colour": "blue"}, "colour"),
]


@pytest.mark.parametrize(
    ("kind", "settings", "field"), WRONG, ids=[f"{kind} {field}" for kind, _, field in WRONG]
)
def test_settings_that_cannot_be_used_are_told_by_field(
    kind: str, settings: dict[str, Any], field: str
) -> None:
    with pytest.raises(Unreachable) as error:
        connect_instance(RouterInstance(name="edge-1", router=Router(kind=kind), settings=settings))
    params = dict(error.value.reason.params)
    assert (error.value.reason.code, params["field"]) == ("router-settings-wrong", field)
    assert f"router edge-1 cannot be used. {field}: " in sentence(error.value.reason)


def test_settings_that_can_be_used_are_taken() -> None:
    settings = {**HAPROXY, "folder": "/run/drover", "routes": 5, "members": 2, "users": "127.0.0.1:80"}
    connect_instance(RouterInstance(name="edge-1", router=Router(kind="haproxy"), settings=settings))
