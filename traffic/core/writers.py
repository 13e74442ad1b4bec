"""Data with a single writer: what may be asked of the weights of their Route."""

from collections.abc import Mapping

from journal.core.reasons import Reason, because

from .facts import SINGLE_WRITER

Weights = Mapping[str, int]


def split_writers(route: str, data_class: str, weights: Weights) -> Reason | None:
    """Why `weights` are none for the Route: more than one Prod would write its data; None: they are.

    >>> split_writers("s", "single-writer", {"a-1": 50, "c-1": 50}).code
    'writer-split'
    >>> split_writers("s", "single-writer", {"a-1": 0, "c-1": 7}), split_writers("s", "replicated", {"a": 1, "b": 1})
    (None, None)
    """
    serving = sorted(prod for prod, weight in weights.items() if weight)
    if data_class != SINGLE_WRITER or len(serving) < 2:
        return None
    return because("writer-split", route=route, prods=", ".join(serving))


def new_writer(data_class: str, was: Weights, will: Weights) -> str:
    """The Prod that would begin to write data with a single writer; "" for none.

    >>> new_writer("single-writer", {"a-1": 100}, {"a-1": 0, "c-1": 100})
    'c-1'
    >>> new_writer("single-writer", {"a-1": 100}, {"a-1": 7}), new_writer("stateless", {"a-1": 1}, {"c-1": 1})
    ('', '')
    """
    if data_class != SINGLE_WRITER:
        return ""
    return min((prod for prod, weight in will.items() if weight and not was.get(prod)), default="")
