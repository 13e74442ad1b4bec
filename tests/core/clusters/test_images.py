"""Image references: the grammar of registries, and hints about tags that move."""

import pytest

from clusters.core.images import image_hint, image_problem

DIGEST = "sha256:" + "0123456789abcdef" * 4

GOOD = [
    "nginx:1.27",
    "shop/api:v1.2.0",
    "registry.example/shop/api:v1",
    "registry.example:5000/shop/api:v1",
    "localhost:5000/api:v1",
    "[::1]:5000/api:v1",
    f"registry.example/shop/api@{DIGEST}",
    f"registry.example/shop/api:v1@{DIGEST}",
    "a/b__c/d-e--f.g:_x.Y-z",
]
BAD = {
    "empty": "",
    "a space": "shop/api :v1",
    "upper case in the path": "shop/Api:v1",
    "two tags": "api:v1:v2",
    "markup": "<script>alert(1)</script>",
    "an option": "--help",
    "a path upwards": "../api:v1",
    "a URL": "https://registry.example/api:v1",
    "a line break": "api:v1\n",
    "a tag that begins with a dash": "api:-v1",
    "a tag that is too long": "api:" + "v" * 129,
    "a name that is too long": "a/" * 130 + "api:v1",
    "too long": "a" * 600,
    "a plus in the tag": "api:v1+build",
    "a NUL": "api:v1\0",
    "slow to read": "a-" * 250 + "!",
}
BAD_DIGESTS = ["sha256:abc", "sha256:" + "g" * 64, "md5:" + "a" * 32, DIGEST.upper().replace("SHA", "sha")]


@pytest.mark.parametrize("image", GOOD)
def test_what_a_registry_takes_is_taken(image: str) -> None:
    assert image_problem(image) is None


@pytest.mark.parametrize("image", BAD.values(), ids=BAD.keys())
def test_anything_else_is_refused(image: str) -> None:
    problem = image_problem(image)
    assert problem is not None
    assert problem.code == "image-invalid"
    assert image_hint(image) is None


@pytest.mark.parametrize("digest", BAD_DIGESTS)
def test_a_digest_is_whole_or_refused(digest: str) -> None:
    assert image_problem(f"shop/api@{digest}") is not None


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("shop/api:v1", None),
        (f"shop/api@{DIGEST}", None),
        (f"shop/api:latest@{DIGEST}", None),
        ("shop/api:latest", "image-tag-moves"),
        ("shop/api:main", "image-tag-moves"),
        ("shop/api", "image-without-tag"),
        ("localhost:5000/api", "image-without-tag"),
    ],
)
def test_a_tag_that_moves_is_hinted_at(image: str, code: str | None) -> None:
    hint = image_hint(image)
    assert (hint.code if hint else None) == code
