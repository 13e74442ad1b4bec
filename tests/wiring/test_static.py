"""Static files come from the web process, without making asynchronous views synchronous."""

import asyncio

import pytest
from django.test import AsyncClient

FILE = "/static/django_htmx/htmx-2.min.js"


def test_a_static_file_is_served_as_a_whole_to_an_asynchronous_server():
    answer = asyncio.run(AsyncClient().get(FILE))
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/javascript")
    assert "Access-Control-Allow-Origin" not in answer
    assert not answer.streaming
    assert len(answer.content) == int(answer["Content-Length"])


def test_a_static_file_carries_the_content_security_policy():
    answer = asyncio.run(AsyncClient().get(FILE))
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_a_synchronous_server_gets_it_too(client):
    answer = client.get(FILE)
    assert answer.status_code == 200
    assert len(b"".join(answer)) == int(answer["Content-Length"])
    answer.close()


@pytest.mark.django_db
def test_a_file_that_is_not_there_goes_on_to_the_urls(client):
    assert client.get("/static/none.js").status_code == 404
