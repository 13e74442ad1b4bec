"""RBAC objects, and the reviews by which a user asks what is allowed."""

from __future__ import annotations

from simulator.kinds.cells import age
from simulator.kinds.core import AGE, NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.values import Obj, compact, dig

RBAC = "rbac.authorization.k8s.io"
ROLE_REF = {"APIGroup": "apiGroup", "Kind": "kind", "Name": "name"}  # a reference as its Go type names it


def default_binding(draft: Obj) -> None:
    """The API groups that references leave out."""
    draft.setdefault("roleRef", {}).setdefault("apiGroup", RBAC)
    for subject in draft.get("subjects") or ():
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", RBAC)


def binding_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """A binding keeps its role."""
    if old is not None and old.get("roleRef") != new.get("roleRef"):
        shown = {go: dig(new, "roleRef", name) or "" for go, name in ROLE_REF.items()}
        return [Cause("roleRef", f"Invalid value: {compact(shown)}: cannot change roleRef")]
    return []


def role_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """A rule needs verbs."""
    return [
        Cause(
            f"rules[{n}].verbs", "Required value: verbs must contain at least one value", "FieldValueRequired"
        )
        for n, rule in enumerate(new.get("rules") or ())
        if not rule.get("verbs")
    ]


def created_at(obj: Obj, now: object) -> list[object]:
    """NAME CREATED-AT."""
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp", "")]


def binding_cells(obj: Obj, now: object) -> list[object]:
    """NAME ROLE AGE USERS GROUPS SERVICEACCOUNTS."""
    role = obj["roleRef"]
    named = [_subjects(obj, kind) for kind in ("User", "Group", "ServiceAccount")]
    return [obj["metadata"]["name"], f"{role.get('kind')}/{role.get('name')}", age(obj, now), *named]  # type: ignore[arg-type]


def _subjects(obj: Obj, kind: str) -> str:
    found = [subject for subject in obj.get("subjects") or () if subject.get("kind") == kind]
    return ", ".join("/".join(filter(None, (one.get("namespace"), one.get("name")))) for one in found)


ROLE_COLUMNS = (NAME, Column("Created At", "date"))
BINDING_COLUMNS = (NAME, Column("Role"), AGE, Column("Users", priority=1), Column("Groups", priority=1),
                   Column("ServiceAccounts", priority=1))  # fmt: skip


def _review(group: str, kind: str) -> Kind:
    return Kind(group, "v1", kind, kind.lower() + "s", namespaced=False, verbs=("create",), virtual=True)


KINDS = (
    Kind(RBAC, "v1", "ClusterRole", "clusterroles", namespaced=False, validate=role_causes,
         columns=ROLE_COLUMNS, cells=created_at),
    Kind(RBAC, "v1", "Role", "roles", validate=role_causes, columns=ROLE_COLUMNS, cells=created_at),
    Kind(RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", namespaced=False, default=default_binding,
         validate=binding_causes, columns=BINDING_COLUMNS, cells=binding_cells),
    Kind(RBAC, "v1", "RoleBinding", "rolebindings", default=default_binding, validate=binding_causes,
         columns=BINDING_COLUMNS, cells=binding_cells),
    _review("authorization.k8s.io", "SelfSubjectAccessReview"),
    _review("authorization.k8s.io", "SelfSubjectRulesReview"),
    _review("authentication.k8s.io", "SelfSubjectReview"),
)  # fmt: skip
