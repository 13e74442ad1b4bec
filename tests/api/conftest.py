"""A caller of the API with a token of a role."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from access.tokens import create_token
from tests import build

Call = Callable[..., HttpResponse]


@pytest.fixture
def call(db: None) -> Call:
    """call(method, path, body=None, role="release-manager") -> the answer."""
    tokens: dict[str, str] = {}

    def _call(method: str, path: str, body: Any = None, role: str = "release-manager") -> HttpResponse:
        if role not in tokens:
            tokens[role] = create_token(build.person(role), "test", role)
        headers = {"Authorization": f"Bearer {tokens[role]}"}
        return Client(raise_request_exception=False).generic(
            method,
            f"/api/v1/{path}",
            body if isinstance(body, (str, bytes)) else _json(body),
            content_type="application/json",
            headers=headers,
        )

    return _call


def _json(body: Any) -> str:
    import json

    return "" if body is None else json.dumps(body)
