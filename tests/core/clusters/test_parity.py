"""Parity: what differs between Prods that should be alike, and what explains it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from clusters.core.parity import Compared, Group, Why, is_unexplained, parity

OF_VERSION = frozenset({"image api"})


def prod(name: str, *, version: str = "v1", image: str = "api:1", **more: str) -> Compared:
    values = {"version": version, "image api": image} | more
    return Compared(name, tuple(values.items()), of_version=OF_VERSION)


ALIKE = tuple(prod(name) for name in ("a-1", "a-2", "b-1"))


def odd(one: Compared) -> dict[str, tuple[Group, ...]]:
    """Field -> the exceptions, with `one` beside three that are alike."""
    return {row.field: row.others for row in parity((*ALIKE, one)).rows}


def test_prods_that_are_alike_have_no_rows() -> None:
    found = parity(ALIKE)
    assert (found.prods, found.rows, found.alike) == (3, (), ("image api", "version"))


def test_a_value_of_its_own_that_nothing_explains_is_unexplained() -> None:
    assert odd(prod("z", color="red")) == {"color": (Group("red", ("z",), Why.NONE),)}


def test_an_override_explains_its_field() -> None:
    one = replace(prod("z", color="red"), overridden=frozenset({"color"}))
    assert odd(one) == {"color": (Group("red", ("z",), Why.OVERRIDE),)}


def test_one_without_the_override_that_all_others_have_is_explained_too() -> None:
    overridden = [replace(prod(name, color="red"), overridden=frozenset({"color"})) for name in "abc"]
    (row,) = parity((*overridden, prod("z"))).rows
    assert (row.most, row.others) == ("red", (Group("", ("z",), Why.OVERRIDE),))


def test_a_run_under_way_explains_another_version() -> None:
    one = replace(prod("z", version="v2", image="api:2"), changing=True)
    assert {group.why for groups in odd(one).values() for group in groups} == {Why.RUN}


def test_another_version_is_unexplained_once_and_explains_what_follows_from_it() -> None:
    found = odd(prod("z", version="v2", image="api:2"))
    assert {field: groups[0].why for field, groups in found.items()} == {
        "version": Why.NONE,
        "image api": Why.VERSION,
    }


def test_an_image_that_differs_within_one_version_is_unexplained() -> None:
    assert odd(prod("z", image="api:2"))["image api"][0].why is Why.NONE


def test_an_override_does_not_explain_drift_of_its_field() -> None:
    one = replace(prod("z", color="red"), overridden=frozenset({"color"}), drifted=frozenset({"color"}))
    assert odd(one)["color"][0].why is Why.NONE


def test_what_nothing_explains_comes_first() -> None:
    explained = replace(prod("y", apple="1"), overridden=frozenset({"apple"}))
    found = parity((*ALIKE, explained, prod("z", zebra="1")))
    assert [(row.field, is_unexplained(row)) for row in found.rows] == [("zebra", True), ("apple", False)]


def test_prods_of_the_same_value_and_reason_are_one_group() -> None:
    reds = [replace(prod(name, color="red"), overridden=frozenset({"color"})) for name in ("z", "y")]
    blue = prod("x", color="red")
    (row,) = parity((*ALIKE, *reds, blue)).rows
    assert (row.most, row.alike) == ("", 3)
    assert row.others == (Group("red", ("x",), Why.NONE), Group("red", ("y", "z"), Why.OVERRIDE))


def test_no_prods_are_alike() -> None:
    assert parity(()).rows == ()


PRODS = st.lists(
    st.builds(
        Compared,
        st.sampled_from("ABCDEF"),
        st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=3).map(lambda d: tuple(d.items())),
        st.frozensets(st.sampled_from("abc")),
        st.frozensets(st.sampled_from("abc")),
        st.frozensets(st.sampled_from("abc")),
        st.booleans(),
    ),
    unique_by=lambda one: one.name,
    max_size=6,
)  # fmt: skip


@given(PRODS)
def test_every_prod_is_in_exactly_one_group_of_each_field(prods: list[Compared]) -> None:
    found = parity(prods)
    for row in found.rows:
        named = [name for group in row.others for name in group.prods]
        assert len(named) == len(set(named)) == len(prods) - row.alike
        assert all(len(group.prods) <= row.alike for group in row.others)
    fields = {field for one in prods for field, _ in one.values}
    assert sorted([*found.alike, *(row.field for row in found.rows)]) == sorted(fields)


@given(PRODS)
def test_the_order_of_the_prods_changes_nothing(prods: list[Compared]) -> None:
    assert parity(sorted(prods, key=lambda one: one.name, reverse=True)) == parity(
        sorted(prods, key=lambda one: one.name)
    )
