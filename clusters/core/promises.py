"""What a Version promises about going back from it and about the data that it leaves."""

import re
from collections.abc import Collection

VERSION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
# The steps at whose end going back may end, in their order.
GO_BACK_UNTIL = ("set_version", "wait_ready", "soak")
ANY = "*"


def may_share_data(one: str, its: Collection[str], other: str, others: Collection[str]) -> bool:
    """Whether the Versions `one` and `other` may work on the same data: either declares the other, or any.

    What is not declared is not taken on trust.

    >>> may_share_data("v2", ["v1"], "v1", []), may_share_data("v2", [], "v1", [])
    (True, False)
    """
    return other in its or one in others or ANY in its or ANY in others
