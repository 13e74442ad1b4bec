"""Whether a user may do something: by the rules of the token and by the RBAC objects of the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.rights.rules import Ask, BadRules, Binding, Rule, allows, allows_url, parse_rules
from simulator.rights.tokens import MASTERS, UNAUTHENTICATED, User
from simulator.store.store import Store
from simulator.values import Obj, dig

RBAC = "rbac.authorization.k8s.io"
SERVICE_ACCOUNT = "system:serviceaccount:"
EVERYTHING = (Rule(("*",), ("*",), ("*",)), Rule(("*",), urls=("*",)))
PUBLIC_URLS = (
    "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/livez/*", "/openapi", "/openapi/*", "/readyz",
    "/readyz/*", "/version", "/version/",
)  # fmt: skip
BASIC = (
    Rule(("create",), ("authorization.k8s.io",), ("selfsubjectaccessreviews", "selfsubjectrulesreviews")),
    Rule(("create",), ("authentication.k8s.io",), ("selfsubjectreviews",)),
    Rule(("get",), urls=PUBLIC_URLS),
)

OPEN = (Rule(("get",), urls=("/healthz", "/livez", "/readyz", "/version", "/version/")),)


class Authorizer:
    """Answers for one cluster."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def allowed(self, user: User, ask: Ask) -> bool:
        """Whether the user may do it."""
        return MASTERS in user.groups or any(allows(rule, ask) for rule in self.rules_in(user, ask.namespace))

    def allowed_url(self, user: User, verb: str, path: str) -> bool:
        """Whether the user may ask for a path outside the resources."""
        return any(allows_url(rule, verb, path) for rule in self.rules_in(user, ""))

    def rules_in(self, user: User, namespace: str) -> Iterator[Rule]:
        """Every rule that holds for the user in the namespace (at the cluster scope: empty)."""
        yield from OPEN if UNAUTHENTICATED in user.groups else BASIC
        if MASTERS in user.groups:
            yield from EVERYTHING
        for binding in (*user.bindings, *self._stored(user)):
            if binding.namespace in ("", namespace):
                yield from binding.rules

    def _stored(self, user: User) -> Iterator[Binding]:
        for plural in ("clusterrolebindings", "rolebindings"):
            for entry in self._store.each(f"{RBAC}/{plural}"):
                if any(_is_subject(user, subject) for subject in entry.get("subjects") or ()):
                    namespace = entry["metadata"].get("namespace") or ""
                    yield Binding(self._rules_of(entry.get("roleRef") or {}, namespace), namespace)

    def _rules_of(self, reference: Obj, namespace: str) -> tuple[Rule, ...]:
        plural, space = ("roles", namespace) if reference.get("kind") == "Role" else ("clusterroles", "")
        role = self._store.get(f"{RBAC}/{plural}", space, str(reference.get("name")))
        try:
            return parse_rules(dig(role, "rules") or [])
        except BadRules:
            return ()


def _is_subject(user: User, subject: Obj) -> bool:
    kind, name = subject.get("kind"), subject.get("name")
    if kind == "ServiceAccount":
        return user.name == f"{SERVICE_ACCOUNT}{subject.get('namespace')}:{name}"
    return name in user.groups if kind == "Group" else name == user.name
