"""Reading a list page by page: whole, bounded, and begun again once."""

from collections.abc import Callable

import pytest

from clusters.core.manifests import Manifest
from clusters.kube.answers import Expired
from clusters.kube.pages import BYTES_MAX, PAGE_ITEMS, PAGES_MAX, Query, read_pages
from clusters.kube.protocol import Unavailable


class Pages:
    """Answers with `pages` in turn, or raises what stands there; remembers what was asked."""

    def __init__(self, *pages: tuple[str, str] | Exception, size: int = 10) -> None:
        self.pages, self.size = list(pages), size
        self.asked: list[Query] = []

    def __call__(self, query: Query) -> tuple[Manifest, int]:
        self.asked.append(query)
        page = self.pages.pop(0)
        if isinstance(page, Exception):
            raise page
        name, token = page
        return {"items": [{"name": name}], "metadata": {"continue": token}}, self.size


def names(pages: Callable[[Query], tuple[Manifest, int]]) -> list[str]:
    return [str(item["name"]) for item in read_pages(pages, {"labelSelector": "a"}, 15.0)]


def test_each_page_is_asked_for_with_the_token_of_the_one_before() -> None:
    pages = Pages(("a", "t1"), ("b", "t2"), ("c", ""))
    assert names(pages) == ["a", "b", "c"]
    assert [query.get("continue") for query in pages.asked] == [None, "t1", "t2"]
    assert {query["limit"] for query in pages.asked} == {str(PAGE_ITEMS)}
    assert {query["labelSelector"] for query in pages.asked} == {"a"}


def test_a_list_that_moved_on_is_begun_again_without_what_was_read() -> None:
    pages = Pages(("old", "t1"), Expired("too old"), ("a", "t2"), ("b", ""))
    assert names(pages) == ["a", "b"]
    assert [query.get("continue") for query in pages.asked] == [None, "t1", None, "t2"]


def test_a_list_that_moves_on_twice_is_given_up() -> None:
    pages = Pages(("old", "t1"), Expired("too old"), ("a", "t2"), Expired("too old"))
    with pytest.raises(Unavailable) as caught:
        names(pages)
    assert caught.value.reason.code == "list-moved-on"
    assert not caught.value.maybe_done


@pytest.mark.parametrize(
    ("size", "read"), [(10, PAGES_MAX), (BYTES_MAX // 4, 5)], ids=["by its pages", "by its bytes"]
)
def test_a_list_that_does_not_end_is_given_up(size: int, read: int) -> None:
    pages = Pages(*[("a", "more")] * (PAGES_MAX + 1), size=size)
    with pytest.raises(Unavailable) as caught:
        names(pages)
    assert caught.value.reason.code == "answer-endless"
    assert len(pages.asked) == read


def test_a_list_that_drips_is_given_up() -> None:
    pages, ticks = Pages(*[("a", "more")] * 9), iter(range(0, 1000, 6))
    with pytest.raises(Unavailable):
        read_pages(pages, {}, 15.0, lambda: next(ticks))
    assert len(pages.asked) == 3
