"""`Idempotency-Key`: sent again, answered again, done once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.db.models.signals import post_init, pre_save
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from access.models import ApiToken, IdempotencyKey
from access.tokens import create_token
from clusters.models import Cluster, Prod, Version
from journal.models import Event
from releases.models import Hold
from tests import build
from tests.trust.bodies import CREDENTIALS, FACTS

pytestmark = pytest.mark.django_db
Post = Callable[..., HttpResponse]
V2 = {"blueprint": "shop", "name": "v2", "images": {"api": "r/api:2", "frontend": "r/frontend:2"}}


def posting(token: str) -> Post:
    def post(path: str, body: Any, key: str | None = "k1", **headers: str) -> HttpResponse:
        sent = {"Authorization": f"Bearer {token}", **headers}
        if key is not None:
            sent["Idempotency-Key"] = key
        client = Client(raise_request_exception=False)
        return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=sent)

    return post


@pytest.fixture
def post() -> Post:
    build.shop(build.person("admin"))
    return posting(create_token(build.person("admin"), "test", "admin"))


def code(answer: HttpResponse) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_the_same_again_is_answered_and_not_done_again(post: Post) -> None:
    first, again = post("versions/", V2), post("versions/", V2)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Event.objects.filter(kind="version", reason__params__version="v2").count() == 1


def test_a_key_may_stand_in_quotes(post: Post) -> None:
    post("versions/", V2, key="k1")
    assert post("versions/", V2, key='"k1"').headers["Idempotency-Replayed"] == "true"


def test_a_refusal_is_replayed_too(post: Post) -> None:
    unknown = {**V2, "blueprint": "nope"}
    first, again = post("versions/", unknown), post("versions/", unknown)
    assert code(first) == code(again) == (422, "blueprint-unknown")
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_key_for_another_request_is_refused_and_does_nothing(post: Post) -> None:
    post("versions/", V2)
    assert code(post("versions/", {**V2, "name": "v3"})) == (422, "idempotency-key-reused")
    assert code(post("releases/preview/", V2)) == (422, "idempotency-key-reused")
    assert not Version.objects.filter(name="v3").exists()


def test_while_the_first_is_under_way_the_second_waits(post: Post) -> None:
    post("versions/", V2)
    IdempotencyKey.objects.update(status=None, body=None)
    answer = post("versions/", V2)
    assert code(answer) == (409, "idempotency-key-in-use")
    assert int(answer.headers["Retry-After"]) > 0


def test_of_one_that_was_cut_off_nobody_claims_to_know(post: Post) -> None:
    post("versions/", V2)
    IdempotencyKey.objects.update(status=None, body=None, created_at=timezone.now() - timedelta(minutes=5))
    answer = post("versions/", V2)
    assert code(answer) == (409, "idempotency-outcome-unknown")
    assert "Look" in answer.json()["detail"]


def test_after_a_day_the_key_is_new_and_old_rows_are_gone(post: Post) -> None:
    post("versions/", V2)
    post("versions/", V2, key="other")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert "Idempotency-Replayed" not in post("versions/", V2).headers
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["k1"]


def test_keys_of_two_people_are_two_keys(post: Post) -> None:
    post("versions/", V2)
    other = posting(create_token(build.person("release-manager"), "test", "release-manager"))
    assert "Idempotency-Replayed" not in other("versions/", V2).headers


BAD_KEYS = {"empty": "", "only quotes": '""', "long": "x" * 256, "not ascii": "schlüssel"}


@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS.keys())
def test_a_bad_key_is_named(post: Post, key: str) -> None:
    answer = post("versions/", V2, key=key)
    assert code(answer) == (400, "invalid")
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert not Version.objects.filter(name="v2").exists()


def test_who_may_not_do_it_gets_no_stored_answer(post: Post) -> None:
    post("versions/", V2)
    viewer = posting(create_token(build.person("admin"), "lesser", "viewer"))
    assert code(viewer("versions/", V2)) == (403, "role-may-not")


def test_without_a_key_nothing_is_stored(post: Post) -> None:
    post("versions/", V2, key=None)
    assert not IdempotencyKey.objects.exists()


def test_a_refused_right_leaves_the_key_free(post: Post) -> None:
    viewer = posting(create_token(build.person("viewer"), "test", "viewer"))
    assert viewer("versions/", V2).status_code == 403
    assert not IdempotencyKey.objects.exists()


class Broken(Exception):
    pass


@contextmanager
def breaking(signal: Any, sender: Any, when: Callable[[Any], bool] = lambda instance: True) -> Iterator[None]:
    """What comes to such a row breaks."""

    def explode(instance: Any, **_: object) -> None:
        if when(instance):
            raise Broken

    signal.connect(explode, sender=sender)
    try:
        yield
    finally:
        signal.disconnect(explode, sender=sender)


def test_a_breakdown_leaves_the_key_free(post: Post) -> None:
    with breaking(pre_save, Version):
        answer = post("versions/", V2)
    assert code(answer) == (500, "internal-error")
    assert not IdempotencyKey.objects.exists()
    assert post("versions/", V2).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_what_breaks_while_the_answer_is_made_was_not_done_and_is_done_once(post: Post) -> None:
    build.fleet()
    hold = ("prods/a-1/actions/hold/", {"reason": "a customer's launch"})
    with breaking(post_init, Prod, lambda prod: Hold.objects.exists()):
        answer = post(*hold)
    assert code(answer) == (500, "internal-error")
    assert not Hold.objects.exists() and not Event.objects.filter(kind="hold").exists()
    first, again = post(*hold), post(*hold)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (Hold.objects.count(), Event.objects.filter(kind="hold").count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_what_speaks_to_others_and_breaks_afterwards_is_not_repeated(post: Post) -> None:
    new = ("clusters/", {"name": "z", **FACTS, "access": "token", "credentials": CREDENTIALS["token"]})
    with breaking(post_init, Cluster, lambda cluster: cluster.pk is not None):
        answer = post(*new)
    assert code(answer) == (500, "internal-error")
    assert Cluster.objects.filter(name="z").exists()
    again = post(*new)
    assert code(again) == (409, "idempotency-outcome-unknown")
    assert "/api/v1/events/" in again.json()["detail"]
    assert Event.objects.filter(cluster="z").count() == 1


def test_a_secret_is_shown_once_and_never_stored(post: Post) -> None:
    first = post("tokens/", {"name": "ci", "role": "viewer"})
    again = post("tokens/", {"name": "ci", "role": "viewer"})
    assert first.json()["token"].startswith("drv_") and first.headers["Cache-Control"] == "no-store"
    assert code(again) == (409, "shown-once")
    assert first.json()["token"] not in str(list(IdempotencyKey.objects.values()))
    assert ApiToken.objects.filter(name="ci").count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one(post: Post) -> None:
    together, answers = threading.Barrier(6), []

    def send() -> None:
        together.wait()
        answers.append(post("tokens/", {"name": "ci", "role": "viewer"}))
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201, 409, 409, 409, 409, 409]
    assert ApiToken.objects.filter(name="ci").count() == 1
