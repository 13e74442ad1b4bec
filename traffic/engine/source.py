"""Asking a source of numbers outside of Drover: one GET, within limits of time and size."""

import json
from typing import Any
from urllib.parse import urlencode

import urllib3

from clusters.kube.connect import limits
from clusters.kube.outgoing import AddressRefused, checked_pools
from traffic.core.demand import BadAnswer

BYTES_AT_MOST = 8 * 2**20
# What nobody answers, or nobody should have: told in the log, and the numbers grow old.
NO_ANSWER = (urllib3.exceptions.HTTPError, AddressRefused, OSError, ValueError)


def pools(read_s: float = 2.0) -> urllib3.PoolManager:
    """Connections to sources; `with` closes them."""
    return checked_pools(limits(), retries=False, timeout=urllib3.Timeout(connect=1.0, read=read_s))


def ask(through: urllib3.PoolManager, url: str, **query: object) -> Any:
    """What it answers, as JSON. Raises one of NO_ANSWER."""
    answer = through.request("GET", f"{url}?{urlencode(query)}", preload_content=False, redirect=False)
    try:
        if answer.status != 200:
            raise BadAnswer(f"it answers {answer.status}")
        body = answer.read(BYTES_AT_MOST + 1)
    finally:
        answer.close()
    if len(body) > BYTES_AT_MOST:
        raise BadAnswer("its answer is too large")
    return json.loads(body)
