"""Every operation that changes something, sent by two people at the same moment: one of them does it.

Apart from test_twice.py, which holds a transaction open over all its tests.
"""

import threading

import pytest
from django.db import connections
from django.test import Client

from journal.models import Event
from tests import build
from tests.trust.conftest import session
from tests.trust.hostile import raise_busy_fleet, state_of_everything
from tests.trust.twice import AGAIN, AT_ONCE, Key, arranged, send


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", sorted(AGAIN), ids=" ".join)
def test_of_two_at_once_one_is_done(key: Key) -> None:
    raise_busy_fleet()
    path, body = arranged(key)
    people = [session(build.person("admin")) for _ in range(2)]
    events, together, answers = Event.objects.count(), threading.Barrier(2), []

    def act(client: Client) -> None:
        together.wait(30)
        try:
            answers.append(send(client, key, path, body))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=(client,)) for client in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = sorted(answers)
    left, told = state_of_everything(), Event.objects.count() - events
    third = send(people[0], key, path, body)
    assert (first[0] in {200, 201}, second[1] in {AGAIN[key], AT_ONCE.get(key, AGAIN[key])}) == (
        True,
        True,
    ), answers
    assert second[0] in {200, 201, 400, 409}
    assert third[1] == AGAIN[key]
    assert (state_of_everything(), Event.objects.count() - events) == (left, told), (
        "something was left undone"
    )
