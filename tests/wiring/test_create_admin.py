"""manage.py create_admin."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from access.models import Person
from journal.models import Event
from tests import build


def create(name: str) -> str:
    out = StringIO()
    call_command("create_admin", name, stdout=out)
    return out.getvalue()


def test_the_first_admin_logs_in_with_the_printed_password(db: None) -> None:
    password = create("yuki").split()[-1]
    client = Client()
    client.post("/login/", {"username": "yuki", "password": password})
    assert client.get("/settings/people/").status_code == 200
    assert password not in str(Event.objects.latest("id").reason)


def test_there_is_one_first_admin(db: None) -> None:
    create("yuki")
    with pytest.raises(CommandError, match="There is an admin already"):
        create("ken")
    assert not Person.objects.filter(username="ken").exists()


def test_where_the_last_admin_is_shut_out_there_may_be_a_first_one_again(db: None) -> None:
    Person.objects.filter(pk=build.person("admin").pk).update(is_active=False)
    assert "yuki can log in" in create("yuki")


@pytest.mark.parametrize("name", ["", "a b", "x" * 151, "a\x00b", "VIEWER"])
def test_a_name_that_cannot_be_makes_nobody(db: None, name: str) -> None:
    build.person("viewer")
    with pytest.raises(CommandError):
        create(name)
    assert not Person.objects.filter(role="admin").exists()
