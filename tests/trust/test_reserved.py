"""No name hides a page: what stands in an address where a name would is no name."""

from collections.abc import Callable
from typing import Any

import pytest

from clusters.actions import add_revision, create_version
from clusters.core.prod_yaml import parse_documents
from clusters.core.registration import read_name
from clusters.core.reserved import BLUEPRINTS, CLUSTERS, PRODS, VERSIONS
from clusters.core.yaml_text import BadFile
from journal.core.reasons import FieldErrors
from tests import build
from tests.trust.routes import all_routes

pytestmark = pytest.mark.django_db

RESERVED = {"prods": PRODS, "clusters": CLUSTERS, "blueprints": BLUEPRINTS, "versions": VERSIONS}


def test_each_word_beside_a_name_is_reserved() -> None:
    """Walks the routes: `prods/new/` beside `prods/<slug:name>/` makes `new` a word that is no Prod's name."""
    paths = [route.path.removeprefix("api/v1/").strip("/").split("/") for route in all_routes()]
    named = {
        (*path[:place], path[place - 1])
        for path in paths
        for place, part in enumerate(path)
        if place and part in {"<slug:name>", "<str:name>", "<str:version>"}
    }
    for path in paths:
        for place, part in enumerate(path):
            beside = place and (*path[:place], path[place - 1]) in named
            if beside and not part.startswith("<") and path[place - 1] in RESERVED:
                assert part in RESERVED[path[place - 1]], "/".join(path)


def prod(name: str) -> object:
    spec = {"cluster": "a", "blueprint": "shop", "version": "v1.0.0", "capacity": 1}
    document = {"apiVersion": "drover.dev/v1alpha1", "kind": "Prod", "metadata": {"name": name}, "spec": spec}
    return parse_documents([document])


def version(name: str) -> object:
    images = {"api": "r.example/api:1", "web": "r.example/web:1"}
    return create_version(build.person("release-manager"), "shop", name, images)


MAKE: dict[str, Callable[[str], Any]] = {
    "prods": prod,
    "clusters": read_name,
    "blueprints": lambda name: add_revision(build.person("admin"), name, []),
    "versions": version,
}
FIELD = {"prods": "metadata.name"}


@pytest.mark.parametrize("what", RESERVED)
def test_a_reserved_name_is_refused_with_its_field(what: str) -> None:
    build.fleet()
    for name in RESERVED[what]:
        with pytest.raises((FieldErrors, BadFile)) as caught:
            MAKE[what](name)
        ((field, reason),) = caught.value.errors
        assert (field, reason.code, dict(reason.params)) == (
            FIELD.get(what, "name"),
            "name-reserved",
            {"name": name},
        )


def test_a_version_whose_name_would_be_two_parts_of_an_address_is_refused() -> None:
    build.fleet()
    with pytest.raises(FieldErrors) as caught:
        version("v1/2")
    assert [(field, reason.code) for field, reason in caught.value.errors] == [
        ("name", "version-name-invalid")
    ]
