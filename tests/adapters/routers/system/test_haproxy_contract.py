"""The contract of routers on Debian's HAProxy."""

from tests.adapters.routers.test_contract import *  # noqa: F403
from tests.adapters.routers.test_replaced import (  # noqa: F401
    test_a_hostname_stays_where_it_is_while_the_other_route_is_refused,
    test_no_user_loses_a_member_to_a_write_that_is_dropped,
)
