"""Settings and a PostgreSQL for every test; `DROVER_DATABASE_URL`, if given, is used instead of ours."""

import os
import secrets

import django
import hypothesis
import pytest
from cryptography.fernet import Fernet

from tests.database import SessionDatabase, wait_for

OURS = pytest.StashKey[SessionDatabase]()

if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker has read its settings already, from what it inherits
    os.environ.update(
        DJANGO_SETTINGS_MODULE="orchestrator.settings",
        DROVER_SECRET_KEY=secrets.token_urlsafe(64),
        DROVER_CREDENTIAL_KEYS=Fernet.generate_key().decode(),
        DROVER_DATABASE_POOL="0",
        DROVER_DEMO="on",
        # Nobody listens on port 1: a test that needs the broker starts one.
        DROVER_REDIS_URL="redis://127.0.0.1:1/0",
        DROVER_URL="http://127.0.0.1:8000",
        DROVER_ALLOWED_HOSTS="testserver,localhost",
    )
database = None
if "DROVER_DATABASE_URL" not in os.environ:
    database = SessionDatabase()  # workers of xdist inherit the variable, so there is one server
    os.environ["DROVER_DATABASE_URL"] = database.url
django.setup()
# How fast the machine is decides no test, and neither does luck: what is drawn depends on the test alone. The search
# among more and other examples has a command of its own.
SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("drover", deadline=None, suppress_health_check=SLOW, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None, suppress_health_check=SLOW, max_examples=2000)
hypothesis.settings.load_profile("drover")


def pytest_configure(config: pytest.Config) -> None:
    if database:
        config.stash[OURS] = database


def pytest_unconfigure(config: pytest.Config) -> None:
    if OURS in config.stash:
        config.stash[OURS].stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """One database per worker, once the server answers."""
    wait_for(os.environ["DROVER_DATABASE_URL"])
