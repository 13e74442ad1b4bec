"""A Route 53 router on the strict stand-in."""

from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.adapters.routers.strict_route53 import StrictRoute53
from traffic.routers.route53 import Route53
from traffic.routers.route53_api import Patience
from traffic.routers.route53_settings import Health, Settings

SETTINGS = Settings("example", "Z1", "routes.example", health=Health("https", "/healthz"))


@cache
def session() -> Any:
    """One for all: it reads the description of the API, which takes a while."""
    return boto3.session.Session("AKIDEXAMPLE", "secret", region_name="us-east-1")


def client_to(url: str, read_s: float = 20) -> Any:
    limits = Config(connect_timeout=5, read_timeout=read_s, retries={"total_max_attempts": 1})
    return session().client("route53", config=limits, endpoint_url=url)


def impatient(waits: list[float], limit_s: float) -> Patience:
    """A clock that only waiting moves."""
    return Patience(limit_s, now=lambda: sum(waits), wait=waits.append)


def router_on(aws: StrictRoute53, settings: Settings = SETTINGS) -> Route53:
    return Route53(client_to(aws.url), settings)


def route53(request: pytest.FixtureRequest) -> tuple[Route53, StrictRoute53]:
    aws = StrictRoute53()
    request.addfinalizer(aws.stop)
    return router_on(aws), aws
