"""A Kube in memory, for tests that are not about HTTP. It passes the contract suite beside it."""

import itertools
from copy import deepcopy
from typing import Any

from clusters.core.kinds import KINDS
from clusters.core.manifests import Manifest, kind_of, name_of
from clusters.kube.paths import object_path
from clusters.kube.protocol import Conflict, Contested, Invalid, KubeError, NotFound
from journal.core.reasons import because

Key = tuple[str, str, str]
OURS, THEIRS = "drover", "kubectl"


class FakeKube:
    """Objects by (kind, namespace, name), with UIDs, generations, resourceVersions and field owners.

    `fail_next` is raised by the next call instead of doing it; with `done_first` it is done all the same.
    `calls` is what was asked, in order.
    """

    def __init__(self) -> None:
        self.objects: dict[Key, Manifest] = {}
        self.calls: list[tuple[str, str, str]] = []
        self.fail_next: KubeError | None = None
        self.done_first = False
        self._owned: dict[tuple[Key, str], dict[str, Any]] = {}
        self._numbers = itertools.count(1)

    def get(self, kind: str, namespace: str, name: str) -> Manifest:
        return deepcopy(self._call("get", kind, name, lambda: self._found(kind, namespace, name)))

    def apply(
        self,
        manifest: Manifest,
        *,
        resource_version: str | None = None,
        force: bool = False,
        dry_run: bool = False,
    ) -> Manifest:
        def change() -> Manifest:
            return self.apply_as(OURS, manifest, resource_version, force=force, dry_run=dry_run)

        return deepcopy(self._call("apply", kind_of(manifest), name_of(manifest), change))

    def delete(self, kind: str, namespace: str, name: str, *, uid: str | None = None) -> None:
        def change() -> None:
            key = self._key(kind, namespace, name)
            if key not in self.objects:
                return
            if uid is not None and self.objects[key]["metadata"]["uid"] != uid:
                raise Conflict(because("object-moved-on", message="another UID"))
            del self.objects[key]
            self._owned = {owned: fields for owned, fields in self._owned.items() if owned[0] != key}

        self._call("delete", kind, name, change)

    def list(self, kind: str, namespace: str | None = None, label_selector: str = "") -> list[Manifest]:
        def found() -> list[Manifest]:
            return [
                item
                for (its_kind, its_namespace, _), item in sorted(self.objects.items())
                if its_kind == kind and namespace in (None, its_namespace) and _selected(item, label_selector)
            ]

        return deepcopy(self._call("list", kind, "", found))

    def version(self) -> str:
        return self._call("version", "", "", lambda: "v1.36.2")

    def ready(self) -> None:
        self._call("ready", "", "", lambda: None)

    def apply_as(
        self,
        manager: str,
        manifest: Manifest,
        resource_version: str | None = None,
        *,
        force: bool = False,
        dry_run: bool = False,
    ) -> Manifest:
        """What a server-side apply by `manager` makes of the object."""
        key = self._key(kind_of(manifest), manifest["metadata"].get("namespace", ""), name_of(manifest))
        if KINDS[key[0]].namespaced and ("Namespace", "", key[1]) not in self.objects:
            raise NotFound(because("object-missing", message=f'namespaces "{key[1]}" not found'))
        old = self.objects.get(key)
        if (
            resource_version is not None
            and (old or {}).get("metadata", {}).get("resourceVersion") != resource_version
        ):
            raise Conflict(because("object-moved-on", message="the object has been modified"))
        wanted = dict(_leaves(manifest))
        self._check_selector(old, manifest)
        self._check_owners(key, manager, wanted, force=force)
        new = self._merged(key, manager, manifest, wanted)
        if not dry_run:
            self.objects[key] = new
            self._owned[key, manager] = wanted
        return new

    def _call(self, verb: str, kind: str, name: str, act: Any) -> Any:
        self.calls.append((verb, kind, name))
        error, self.fail_next = self.fail_next, None
        if error is None:
            return act()
        if self.done_first:
            act()
        raise error

    def _key(self, kind: str, namespace: str, name: str) -> Key:
        object_path(kind, namespace, name)  # refuses what the real one refuses
        return kind, namespace if KINDS[kind].namespaced else "", name

    def _found(self, kind: str, namespace: str, name: str) -> Manifest:
        key = self._key(kind, namespace, name)
        if key not in self.objects:
            raise NotFound(because("object-missing", message=f'{kind} "{name}" not found'))
        return self.objects[key]

    def _check_selector(self, old: Manifest | None, manifest: Manifest) -> None:
        """Immutable, except in Services."""
        spec, before = manifest.get("spec") or {}, (old or {}).get("spec") or {}
        if old and kind_of(manifest) != "Service" and spec.get("selector") != before.get("selector"):
            raise Invalid(because("object-invalid", message="spec.selector: field is immutable"))

    def _check_owners(self, key: Key, manager: str, wanted: dict[str, Any], *, force: bool) -> None:
        contested = []
        for (owned, other), fields in self._owned.items():
            if owned == key and other != manager:
                taken = [path for path, value in wanted.items() if path in fields and fields[path] != value]
                contested += [Contested(path, f'conflict with "{other}"') for path in taken]
                if force:
                    for path in taken:
                        del fields[path]
        if contested and not force:
            raise Conflict(
                because("fields-contested", fields=contested[0].field, message=""), tuple(contested)
            )

    def _merged(self, key: Key, manager: str, manifest: Manifest, wanted: dict[str, Any]) -> Manifest:
        old = self.objects.get(key)
        new = _overlaid(deepcopy(old) if old else {}, manifest)
        for path in self._owned.get((key, manager), {}).keys() - wanted.keys():
            _drop(new, path)
        metadata = new["metadata"]
        metadata.setdefault("uid", f"uid-{next(self._numbers)}")
        if old is None:
            metadata |= {"generation": 1, "resourceVersion": str(next(self._numbers))}
        elif new != old:
            metadata["resourceVersion"] = str(next(self._numbers))
            metadata["generation"] += new.get("spec") != old.get("spec")
        return new


def _selected(item: Manifest, selector: str) -> bool:
    labels = item["metadata"].get("labels") or {}
    parts = [part.partition("=") for part in selector.split(",") if part]
    return all(key in labels and (not equals or labels[key] == value) for key, equals, value in parts)


def _leaves(item: Any, path: str = "") -> list[tuple[str, Any]]:
    """(path, value) of each field an apply takes part in; a list counts as one value."""
    if not isinstance(item, dict):
        return [(path, item)]
    named = {"apiVersion", "kind", ".metadata.name", ".metadata.namespace", ".metadata.resourceVersion"}
    found = [leaf for field, value in item.items() for leaf in _leaves(value, f"{path}.{field}")]
    return [(at, value) for at, value in found if at not in named and at.lstrip(".") not in named]


def _overlaid(base: Manifest, top: Manifest) -> Manifest:
    for field, value in top.items():
        if isinstance(value, dict) and isinstance(base.get(field), dict):
            _overlaid(base[field], value)
        else:
            base[field] = deepcopy(value)
    return base


def _drop(item: Manifest, path: str) -> None:
    *parents, last = path.strip(".").split(".")
    for parent in parents:
        item = item.get(parent) or {}
    item.pop(last, None)
