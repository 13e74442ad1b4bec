"""Reading the environment: what is wrong is said by name, and never with the value."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from orchestrator import env
from orchestrator.secret import secret_key

GOOD_KEY = "rT5yHq0vZ2mXw8Lk4pNs7dBf3gJc6uAe9oIiQ1lK0xVhYtWzMbRn"


@pytest.fixture
def given(monkeypatch):
    return lambda value: monkeypatch.setenv("DROVER_X", value)


def test_a_missing_variable_is_named():
    with pytest.raises(ImproperlyConfigured, match="DROVER_X is not set"):
        env.text("DROVER_X")


def test_a_file_may_hold_the_value(monkeypatch, tmp_path):
    (tmp_path / "x").write_text("from a file\n")
    monkeypatch.setenv("DROVER_X_FILE", str(tmp_path / "x"))
    assert env.text("DROVER_X") == "from a file"


def test_a_file_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setenv("DROVER_X_FILE", "/does/not/exist")
    with pytest.raises(ImproperlyConfigured, match="DROVER_X_FILE cannot be read"):
        env.text("DROVER_X", "default")


@pytest.mark.parametrize(
    ("value", "read"), [("on", True), ("1", True), ("Yes", True), ("off", False), ("", False)]
)
def test_flags(given, value, read):
    given(value)
    assert env.flag("DROVER_X", not read) is read


@pytest.mark.parametrize("value", ["-1", "1.5", "many", "²", "3"])
def test_a_number_is_whole_and_not_below_the_least(given, value):
    given(value)
    with pytest.raises(ImproperlyConfigured, match="whole number, 4 or more"):
        env.number("DROVER_X", 5, least=4)


def test_a_list_drops_empty_parts(given):
    given(" a, ,b,")
    assert env.listed("DROVER_X") == ("a", "b")


@pytest.mark.parametrize(
    ("value", "host", "port", "name", "user", "password"),
    [
        ("postgresql://u:p%40ss@db.example:5433/drover", "db.example", "5433", "drover", "u", "p@ss"),
        ("postgres://u@/drover?host=/run/pg%20x", "/run/pg x", "", "drover", "u", ""),
    ],
    ids=["tcp", "socket"],
)
def test_database_urls(given, value, host, port, name, user, password):
    given(value)
    read = env.database("DROVER_X")
    found = [read[key] for key in ("HOST", "PORT", "NAME", "USER", "PASSWORD")]
    assert found == [host, port, name, user, password]


def test_other_parameters_of_a_database_url_are_options(given):
    given("postgresql://db/drover?sslmode=verify-full")
    assert env.database("DROVER_X")["OPTIONS"] == {"sslmode": "verify-full"}


def test_another_database_is_refused_without_showing_the_password(given):
    given("mysql://u:geheim@db/drover")
    with pytest.raises(ImproperlyConfigured) as refused:
        env.database("DROVER_X")
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    "key",
    ["short", "a" * 80, "django-insecure-" + GOOD_KEY, "changeme" + GOOD_KEY],
    ids=["short", "monotonous", "django's", "from an example"],
)
def test_a_weak_secret_key_is_refused_without_showing_it(given, key):
    given(key)
    with pytest.raises(ImproperlyConfigured) as refused:
        secret_key("DROVER_X")
    assert key not in str(refused.value)


def test_a_long_random_secret_key_is_taken(given):
    given(GOOD_KEY)
    assert secret_key("DROVER_X") == GOOD_KEY
