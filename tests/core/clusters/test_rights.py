"""The rights that Drover needs, and that the ClusterRole grants exactly them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from clusters.core.kinds import KINDS
from clusters.core.rights import (
    EXCESS_MAX,
    Granted,
    Right,
    RightsLine,
    excess,
    missing,
    needed,
    rights_from_json,
    rights_lines,
    rights_to_json,
)

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "clusters"


def documents(name: str) -> list[Any]:
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


def test_the_cluster_role_grants_the_table_and_nothing_else() -> None:
    (role,) = documents("clusterrole.yaml")
    granted = {
        Right(group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert granted == set(needed())
    assert set().union(*(rule.keys() for rule in role["rules"])) == {"apiGroups", "resources", "verbs"}


def test_no_right_is_a_wildcard_or_a_way_to_more() -> None:
    words = {word for right in needed() for word in (right.group, right.resource, right.verb)}
    assert not words & {"*", "escalate", "bind", "impersonate", "deletecollection", "update"}
    assert not [right for right in needed() if "/" in right.resource], "no exec, no proxy, no token"
    assert [right.verb for right in needed() if right.resource == "secrets"] == ["get"]
    assert {right.group for right in needed()} & {
        "rbac.authorization.k8s.io",
        "apiextensions.k8s.io",
    } == set()


def test_every_kind_of_a_blueprint_can_be_deployed_and_watched() -> None:
    table = set(needed())
    for kind in KINDS.values():
        if kind.deployable:
            group = kind.api_version.rpartition("/")[0]
            for verb in ("get", "list", "watch", "create", "patch", "delete"):
                assert Right(group, kind.plural, verb) in table


def test_the_account_is_bound_to_the_role() -> None:
    (kustomization,) = documents("kustomization.yaml")
    found = {one["kind"]: one for name in kustomization["resources"] for one in documents(name)}
    assert set(found) == {"Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding"}
    binding, account = found["ClusterRoleBinding"], found["ServiceAccount"]["metadata"]
    assert binding["roleRef"]["name"] == found["ClusterRole"]["metadata"]["name"] == "drover"
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", **{k: account[k] for k in ("name", "namespace")}}
    ]
    assert found["ServiceAccount"]["automountServiceAccountToken"] is False


def test_what_is_missing_is_told_in_order() -> None:
    table = needed()
    lost = (table[3], table[1])
    assert missing(table, set(table) - set(lost)) == (table[1], table[3])
    assert missing(table, set(table)) == ()


EXCESS = {
    "the table itself": ([Granted((r.group,), (r.resource,), (r.verb,)) for r in needed()], ()),
    "a verb too many": ([Granted(("",), ("secrets",), ("get", "list"))], (Right("", "secrets", "list"),)),
    "everything": ([Granted(("*",), ("*",), ("*",))], (Right("*", "*", "*"),)),
    "all verbs of one": ([Granted(("apps",), ("deployments",), ("*",))], (Right("apps", "deployments", "*"),)),
    "exec": ([Granted(("",), ("pods", "pods/exec"), ("list", "create"))],
             (Right("", "pods", "create"), Right("", "pods/exec", "create"), Right("", "pods/exec", "list"))),
    "what everybody has": ([Granted(("authentication.k8s.io",), ("selfsubjectreviews",), ("create",))], ()),
}  # fmt: skip


@pytest.mark.parametrize(("granted", "expected"), EXCESS.values(), ids=EXCESS.keys())
def test_what_goes_beyond_the_table_is_told(granted: list[Granted], expected: tuple[Right, ...]) -> None:
    assert excess(granted) == expected


def test_a_flood_of_grants_is_cut() -> None:
    flood = [Granted(("x",), tuple(f"r{number}" for number in range(1000)), ("get",))]
    assert len(excess(flood)) == EXCESS_MAX


def test_rights_are_shown_by_resource_and_survive_storing() -> None:
    rights = (
        Right("apps", "deployments", "get"),
        Right("apps", "deployments", "patch"),
        Right("", "pods", "list"),
    )
    assert rights_lines(rights) == (
        RightsLine("deployments.apps", ("get", "patch")),
        RightsLine("pods", ("list",)),
    )
    assert rights_from_json(rights_to_json(rights)) == rights
