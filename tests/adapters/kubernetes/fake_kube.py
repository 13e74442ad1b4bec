"""A Kube in memory, for tests that are not about HTTP. It passes the contract suite beside it."""

import itertools
import re
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from clusters.core.manifests import Manifest, key_of, kind_of, name_of
from clusters.kube.paths import Place, known_place, object_path, split_key
from clusters.kube.places import absent
from clusters.kube.protocol import (
    FIELD_MANAGER,
    Conflict,
    Contested,
    Granted,
    Invalid,
    KubeError,
    NotFound,
    Right,
)
from journal.core.reasons import because

Key = tuple[str, str, str]
METADATA = ("name", "namespace", "resourceVersion", "uid")
THEIRS = "kubectl"
DEFINITION = "CustomResourceDefinition.apiextensions.k8s.io/v1"
DEFINITIONS = Place("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", False)


class FakeKube:
    """Objects by (kind, namespace, name), with UIDs, generations, resourceVersions and field owners.

    `fail_next` is raised by the next call instead of doing it; with `done_first` it is done all the same.
    `calls` is what was asked, in order. `rights` is what may be done, None: everything; it is told when
    asked for, and nothing is refused for it.
    """

    def __init__(self) -> None:
        self.objects: dict[Key, Manifest] = {}
        self.calls: list[tuple[str, str, str]] = []
        self.fail_next: KubeError | None = None
        self.done_first = False
        self.rights: frozenset[Right] | None = None
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
        manager: str = FIELD_MANAGER,
    ) -> Manifest:
        def change() -> Manifest:
            return self.apply_as(manager, manifest, resource_version, force=force, dry_run=dry_run)

        return deepcopy(self._call("apply", key_of(manifest), name_of(manifest), change))

    def remove_fields(
        self, kind: str, namespace: str, name: str, pointers: Sequence[str], *, resource_version: str
    ) -> Manifest:
        def change() -> Manifest:
            found = self._found(kind, namespace, name)
            _check_identity(found, None, resource_version)
            for pointer in pointers:
                *parents, last = pointer.strip("/").split("/")
                item: Any = found
                for part in parents:
                    item = item[int(part)] if isinstance(item, list) else item[_unescaped(part)]
                item.pop(int(last) if isinstance(item, list) else _unescaped(last))
            found["metadata"]["resourceVersion"] = str(next(self._numbers))
            found["metadata"]["generation"] += 1
            return found

        return deepcopy(self._call("remove", kind, name, change))

    def delete(
        self,
        kind: str,
        namespace: str,
        name: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> None:
        def change() -> None:
            try:
                key = self._key(kind, namespace, name)
            except NotFound:
                return
            if key not in self.objects:
                return
            metadata = self.objects[key]["metadata"]
            if uid not in (None, metadata["uid"]):
                raise Conflict(because("object-moved-on", message="another UID"))
            if resource_version not in (None, metadata["resourceVersion"]):
                raise Conflict(because("object-moved-on", message="the object has been modified"))
            del self.objects[key]
            if kind == DEFINITION:
                self._forget_undefined()
            self._owned = {owned: fields for owned, fields in self._owned.items() if owned[0] != key}

        self._call("delete", kind, name, change)

    def list(self, kind: str, namespace: str | None = None, label_selector: str = "") -> list[Manifest]:
        def found() -> list[Manifest]:
            self._place(kind)
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

    def allowed(self, right: Right, namespace: str = "") -> bool:
        return self._call("allowed", "", "", lambda: self.rights is None or right in self.rights)

    def granted(self, namespace: str) -> tuple[Granted, ...]:
        def rules() -> tuple[Granted, ...]:
            if self.rights is None:
                return (Granted(("*",), ("*",), ("*",)),)
            return tuple(Granted((one.group,), (one.resource,), (one.verb,)) for one in sorted(self.rights))

        return self._call("granted", "", "", rules)

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
        key = self._key(key_of(manifest), manifest["metadata"].get("namespace", ""), name_of(manifest))
        if key[1] and ("Namespace", "", key[1]) not in self.objects:
            raise NotFound(because("object-missing", message=f'namespaces "{key[1]}" not found'))
        old = self.objects.get(key)
        _check_identity(old, manifest["metadata"].get("uid"), resource_version)
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
        place = self._place(kind)
        object_path(place, namespace, name)  # refuses what the real one refuses
        return kind, namespace if place.namespaced else "", name

    def _place(self, kind: str) -> Place:
        """Where a kind lives: custom ones where a definition that was applied says."""
        found = DEFINITIONS if kind == DEFINITION else known_place(kind)
        if found is None:
            name, api_version = split_key(kind)
            for key, definition in self.objects.items():
                if key[0] == DEFINITION and _defines(definition["spec"], name, api_version):
                    spec = definition["spec"]
                    plural, namespaced = spec["names"]["plural"], spec["scope"] == "Namespaced"
                    return Place(api_version, name, plural, namespaced)
            raise absent(kind)
        return found

    def _forget_undefined(self) -> None:
        """A definition takes the objects of its kind along."""
        for key in list(self.objects):
            try:
                self._place(key[0])
            except NotFound:
                del self.objects[key]

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
        others = (fields for (owned, who), fields in self._owned.items() if owned == key and who != manager)
        kept = wanted.keys() | {path for fields in others for path in fields}
        for path in self._owned.get((key, manager), {}).keys() - kept:
            _drop(new, path)
        metadata = new["metadata"]
        metadata.setdefault("uid", f"uid-{next(self._numbers)}")
        if old is None:
            metadata |= {"generation": 1, "resourceVersion": str(next(self._numbers))}
        elif new != old:
            metadata["resourceVersion"] = str(next(self._numbers))
            metadata["generation"] += new.get("spec") != old.get("spec")
        return new


def _defines(spec: Manifest, kind: str, api_version: str) -> bool:
    served = [f"{spec['group']}/{version['name']}" for version in spec["versions"] if version["served"]]
    return spec["names"]["kind"] == kind and api_version in served


def _check_identity(old: Manifest | None, uid: str | None, resource_version: str | None) -> None:
    """A resourceVersion alone does not keep what has gone from being made anew; with the UID it does."""
    if old is None:
        if uid is not None:
            raise Conflict(because("object-moved-on", message="no existing object was found"))
        return
    metadata = old["metadata"]
    if resource_version not in (None, metadata["resourceVersion"]):
        raise Conflict(because("object-moved-on", message="the object has been modified"))
    if uid not in (None, metadata["uid"]):
        raise Invalid(because("object-invalid", message="metadata.uid: field is immutable"))


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _selected(item: Manifest, selector: str) -> bool:
    """By `key`, `key=value` and `key in (one,other)`, with commas between."""
    labels = item["metadata"].get("labels") or {}
    terms = re.findall(r"([^,=\s]+)(?:=([^,]*)| in \(([^)]*)\))?(?:,|$)", selector)
    return all(
        key in labels and (not (equal or among) or labels[key] in (among or equal).split(","))
        for key, equal, among in terms
    )


def _leaves(item: Any, path: str = "") -> list[tuple[str, Any]]:
    """(path, value) of each field an apply takes part in; a list counts as one value."""
    if not isinstance(item, dict):
        return [(path, item)]
    named = {"apiVersion", "kind", *(f".metadata.{field}" for field in METADATA)}
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
