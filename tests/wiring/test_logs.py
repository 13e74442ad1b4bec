"""Log lines never hold secrets, wherever in the event they stand."""

import io
import json
import logging

import pytest

from orchestrator.logs import logging_config, without_secrets

CANARY = "c4n4ry-5ecret-v4lue"


@pytest.mark.parametrize(
    "event",
    [
        {"password": CANARY},
        {"api_key": CANARY},
        {"headers": {"Authorization": f"Bearer {CANARY}"}},
        {"event": f"sent Authorization: Bearer {CANARY}"},
        {"url": f"redis://:{CANARY}@127.0.0.1:6379/0"},
        {"url": f"postgresql://drover:{CANARY}@db/drover"},
        {"args": [f"token {CANARY}"]},
        {"event": f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"},
    ],
    ids=["key", "api key", "nested", "bearer", "redis url", "postgres url", "list", "pem"],
)
def test_a_secret_is_hidden(event):
    assert CANARY not in str(without_secrets(None, "info", event))


def test_what_is_no_secret_stays():
    event = {"event": "step done", "prod": "a-1", "attempt": 3, "url": "http://127.0.0.1:8000/x"}
    assert without_secrets(None, "info", event) == event


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_secret_in_an_exception_is_hidden(style):
    stream = io.StringIO()
    config = logging_config("INFO", style)
    formatter = dict(config["formatters"]["line"])
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter.pop("()")(**formatter))
    logger = logging.Logger("x")
    logger.addHandler(handler)
    try:
        raise ConnectionError(f"redis://:{CANARY}@127.0.0.1:1/0 refused")
    except ConnectionError:
        logger.exception("lost")
    assert "lost" in stream.getvalue()
    assert CANARY not in stream.getvalue()


def test_json_is_one_object_per_line():
    stream = io.StringIO()
    formatter = dict(logging_config("INFO", "json")["formatters"]["line"])
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter.pop("()")(**formatter))
    logger = logging.Logger("x")
    logger.addHandler(handler)
    logger.warning("two\nlines", extra={"prod": "a-1"})
    (line,) = stream.getvalue().splitlines()
    read = json.loads(line)
    assert (read["event"], read["prod"], read["level"]) == ("two\nlines", "a-1", "warning")
