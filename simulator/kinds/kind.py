"""The description of one kind of object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulator.kinds.cells import age
from simulator.kinds.words import subdomain_problems
from simulator.patches.schema import BUILT_IN, Schema
from simulator.patches.types import Type
from simulator.values import Obj, without_nulls

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that is wrong with an object: field path and message, as the real server words it."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`; priority 1 shows only with `-o wide`."""

    name: str
    type: str = "string"
    priority: int = 0
    format: str = ""


def no_defaults(draft: Obj) -> None:
    """Default nothing."""


def no_problems(new: Obj, old: Obj | None) -> list[Cause]:
    """Accept everything."""
    return []


def age_only(obj: Obj, now: datetime) -> list[Any]:
    """The cells of a kind that has no columns of its own."""
    return [obj["metadata"]["name"], age(obj, now)]


@dataclass(frozen=True, slots=True)
class ScalePaths:
    """Where the numbers of a Scale stand in the object; `selector`, a text, only in custom resources."""

    spec: tuple[str, ...] = ("spec", "replicas")
    status: tuple[str, ...] = ("status", "replicas")
    selector: tuple[str, ...] = ()


NAME_AND_AGE = (Column("Name", format="name"), Column("Age"))


@dataclass(frozen=True, slots=True)
class Kind:
    """A registry entry. `default` changes a draft in place and must be repeatable."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: frozenset[str] = frozenset()
    has_generation: bool = False
    annotations_bump: bool = False  # whether a changed annotation bumps the generation too
    graceful: bool = False  # deletion waits for a controller (pods, namespaces)
    default: Callable[[Obj], None] = no_defaults
    generate: Callable[[Obj], None] = no_defaults  # what the server itself puts into a new object
    allocated: frozenset[str] = frozenset()  # fields of `spec` that the server gives, and so nobody owns
    inherit: Callable[[Obj, Obj], None] | None = (
        None  # what an update takes over from, or loses with, the old state
    )
    names: Callable[[str], tuple[str, ...]] = subdomain_problems  # why a text is no name of such an object
    validate: Callable[[Obj, Obj | None], list[Cause]] = no_problems
    initial_status: Obj | None = None
    columns: tuple[Column, ...] = NAME_AND_AGE
    cells: Callable[[Obj, datetime], list[Any]] = age_only
    field_labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    schema: Schema = BUILT_IN
    type: Type | None = None
    verbs: tuple[str, ...] = ALL_VERBS
    custom: bool = False  # comes from a CustomResourceDefinition
    published: Obj = field(default_factory=dict)  # the schema that its definition has
    scale: ScalePaths = field(default_factory=ScalePaths)  # for kinds with that subresource
    versioned: bool = False  # whether a PUT has to name the resourceVersion it has seen
    closed: str = ""  # why no new object is taken
    without_unknown: Callable[[Obj], tuple[Obj, list[str]]] | None = None  # (known fields, paths of others)
    dependents: str = "Background"  # what a DELETE that says nothing does with them
    without_nulls: Callable[[Obj], Obj] = without_nulls
    virtual: bool = False  # answered anew each time, never stored

    def seen(self, obj: Obj) -> Obj:
        """The object as this version shows it; versions differ in their names only."""
        if obj.get("apiVersion") in (None, self.api_version):
            return obj
        return {**obj, "apiVersion": self.api_version}

    @property
    def key(self) -> str:
        """The name of the kind in the store: `pods`, `apps/deployments`."""
        return f"{self.group}/{self.plural}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The resource as errors name it: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """The kind as validation errors name it: `Pod`, `Deployment.apps`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind
