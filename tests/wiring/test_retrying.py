"""A transaction that PostgreSQL gives up is run anew as a whole, a few times, and nothing else is."""

from collections.abc import Callable

import pytest
from django.db import OperationalError, connection, transaction

from access.models import Person
from journal.retrying import TRIES, retried

pytestmark = pytest.mark.django_db(transaction=True)
GIVEN_UP = ["40001", "40P01"]


class Act:
    """Makes a person; PostgreSQL answers `state` to the first `broken` tries, which is the last that they hear."""

    def __init__(self, state: str, broken: int) -> None:
        self.state, self.broken, self.tried, self.told = state, broken, 0, list[int]()

    def __call__(self) -> int:
        self.tried += 1
        with transaction.atomic():
            Person.objects.create(username=f"number-{self.tried}", role="viewer")
            transaction.on_commit(lambda tried=self.tried: self.told.append(tried))  # type: ignore[misc]
            if self.tried <= self.broken:
                with connection.cursor() as cursor:
                    cursor.execute(f"DO $$ BEGIN RAISE 'so' USING ERRCODE = '{self.state}'; END $$")
        return self.tried


def called(act: Act) -> Callable[[], int]:
    return retried(act.__call__)


@pytest.mark.parametrize("state", GIVEN_UP)
def test_the_last_try_counts_and_of_the_others_nothing_is_left(state: str) -> None:
    act = Act(state, TRIES - 1)
    assert called(act)() == TRIES
    assert act.told == [TRIES], "what was to be done on commit is done once"
    assert Person.objects.get().username == f"number-{TRIES}"


@pytest.mark.parametrize("state", GIVEN_UP)
def test_it_is_not_tried_for_ever(state: str) -> None:
    act = Act(state, 100)
    with pytest.raises(OperationalError):
        called(act)()
    assert (act.tried, act.told, Person.objects.count()) == (TRIES, [], 0)


@pytest.mark.parametrize("state", ["55P03", "57014", "57P01"], ids=["lock", "cancelled", "shut-down"])
def test_what_the_same_again_would_not_mend_is_tried_once(state: str) -> None:
    act = Act(state, 1)
    with pytest.raises(OperationalError):
        called(act)()
    assert act.tried == 1


def test_within_a_transaction_its_owner_begins_anew() -> None:
    act = Act("40001", 1)

    def owner() -> int:
        with transaction.atomic():
            return called(act)()

    with pytest.raises(OperationalError):
        owner()
    assert act.tried == 1
    act.tried = 0
    assert retried(owner)() == 2
    assert act.told == [2]
