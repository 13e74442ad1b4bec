"""The contract of routers on Debian's HAProxy."""

from tests.adapters.routers.test_contract import *  # noqa: F403
