"""What a probe says of an answer that is not 200."""

import pytest

from clusters.observe import probe
from journal.core.reasons import because

UNAUTHORIZED = '{"kind":"Status","message":"Unauthorized","code":401}'


@pytest.mark.parametrize(
    ("status", "body", "code", "message"),
    [
        (401, UNAUTHORIZED, "cluster-denied", "Unauthorized"),
        (403, "forbidden", "cluster-denied", "forbidden"),
        (500, "[-]etcd failed", "cluster-not-well", "[-]etcd failed"),
        (503, '["odd"]', "cluster-not-well", '["odd"]'),
    ],
)
def test_refused_credentials_are_not_an_ill_cluster(status: int, body: str, code: str, message: str) -> None:
    assert probe._not_well(status, body) == because(code, status=status, message=message)
