"""warm_up against a real HTTP server: what counts, what does not, and what is said when it never answers."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest

from clusters.kube.protocol import Kube
from clusters.observe.users import Door, ask_together
from journal.core.reasons import because
from releases.core.answers import Failed, Running, Succeeded
from releases.core.warming import Reply
from releases.steps.context import Outcome, StepContext, Superseded
from releases.steps.warm_up import LOOK_AGAIN_S, MOST_ROUNDS, act

Say = Callable[[int], int]


@dataclass
class App:
    """Answers request n (from 0) with the status `say(n)`; 0: not at all. Counts what it heard."""

    say: Say
    heard: int = 0
    hosts: list[str] = field(default_factory=list)
    busy: int = 0
    most_busy: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        with self.lock:
            number, self.heard = self.heard, self.heard + 1
            self.hosts.append(request.headers["Host"])
            self.busy += 1
            self.most_busy = max(self.most_busy, self.busy)
        status = self.say(number)
        if not status:
            self.over.wait(10)
        with self.lock:
            self.busy -= 1
        request.send_response(status or 200)
        request.send_header("Location", "http://127.0.0.1:1/")
        request.send_header("Content-Length", "0")
        request.end_headers()


@contextmanager
def serving(app: App) -> Iterator[int]:
    """The port at which `app` answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            app.answer(self)

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_: object) -> None:
            """Who has given up waiting is gone."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        app.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def context(port: int, requests: int = 20, patience_s: float = 10, **more: Any) -> StepContext:
    def ask(count: int) -> Sequence[Reply]:
        doors = [Door("127.0.0.1", port, f"shop-{n}.example") for n in range(count)]
        return [(reply.good, reply.said) for reply in ask_together(doors, patience_s)]

    given = StepContext(
        prod="a-2",
        namespace="prod-a-2",
        token="1.1.1",
        kube=cast(Kube, None),
        rendered=(),
        former=(),
        force=False,
        again=False,
        renew=lambda *_: None,
        params={"requests": requests, "timeout_s": 60},
        ask=ask,
    )
    return replace(given, **more)


def looks(port: int, requests: int = 20, most: int = 40, **more: Any) -> list[Outcome]:
    """Look after look, each with what the one before has left, until it is done."""
    outcomes: list[Outcome] = []
    left: dict[str, Any] = {}
    while len(outcomes) < most:
        outcomes.append(act(context(port, requests, left=left, **more)))
        left = outcomes[-1].result
        if not isinstance(outcomes[-1].answer, Running):
            break
    return outcomes


def test_a_prod_that_answers_is_warm_after_just_so_many_requests() -> None:
    app = App(lambda _: 200)
    with serving(app) as port:
        (outcome,) = looks(port)
    assert outcome.answer == Succeeded(because("warmed-up", requests=20))
    assert app.heard == 20 and app.most_busy <= 8
    assert {"shop-0.example", "shop-1.example"} <= set(app.hosts)


def test_more_than_one_look_takes_go_on_from_where_the_last_was() -> None:
    app = App(lambda _: 200)
    with serving(app) as port:
        first, *_, last = looks(port, requests=100)
    assert first.answer == Running(because("warming", answered=47, requests=100, said="200 (47)"), 0)
    assert isinstance(last.answer, Succeeded) and app.heard == 100


def test_errors_while_it_warms_up_do_not_matter_but_the_row_begins_after_the_last() -> None:
    app = App(lambda n: 503 if n < 3 or n == 5 else 200)  # 5 is one of the two that go out together
    with serving(app) as port:
        *waits, last = looks(port)
    assert [type(one.answer) for one in waits] == [Running] * 4
    assert waits[0].answer == Running(
        because("warming", answered=0, requests=20, said="503 (1)"), LOOK_AGAIN_S
    )
    assert last.answer == Succeeded(because("warmed-up", requests=20))
    assert app.heard == 6 + 20


@pytest.mark.parametrize("status", [302, 404])
def test_a_redirect_and_a_missing_page_are_answers(status: int) -> None:
    app = App(lambda _: status)
    with serving(app) as port:
        (outcome,) = looks(port)
    assert isinstance(outcome.answer, Succeeded) and app.heard == 20


def test_one_that_answers_errors_only_fails_in_what_it_says_when_its_time_is_over() -> None:
    app = App(lambda n: 500 if n % 2 else 503)
    with serving(app) as port:
        *_, before = looks(port, most=3)
        late = act(context(port, left=before.result, waited_s=60.5))
    assert late.answer == Failed(
        because("not-warm-in-time", waited_s=60, answered=0, requests=20, said="503 (2), 500 (2)")
    )
    assert app.heard == 4, "one request a look: who is ill is not flooded"


def test_one_that_was_warm_in_the_last_moment_is_warm() -> None:
    with serving(App(lambda _: 200)) as port:
        assert isinstance(act(context(port, waited_s=61)).answer, Succeeded)


def test_one_that_refuses_is_not_warm() -> None:
    with serving(App(lambda _: 200)) as port:
        pass
    answer = act(context(port, waited_s=61)).answer
    assert isinstance(answer, Failed)
    assert dict(answer.reason.params)["said"] == "ClientConnectorError (1)"


def test_one_that_hangs_is_given_up_and_asked_again() -> None:
    app = App(lambda n: 0 if n == 0 else 200)
    with serving(app) as port:
        first = act(context(port, patience_s=0.2))
        last = act(context(port, left=first.result))
    assert isinstance(first.answer, Running)
    assert dict(first.answer.reason.params)["said"] == "TimeoutError (1)"
    assert isinstance(last.answer, Succeeded)


def test_without_a_way_to_ask_it_is_never_taken_for_warm() -> None:
    assert act(context(1, ask=None)).answer == Running(because("not-asked", prod="a-2"), LOOK_AGAIN_S)
    assert act(context(1, ask=None, waited_s=61)).answer == Failed(because("not-asked", prod="a-2"))


def test_an_attempt_that_was_superseded_sends_nothing_more() -> None:
    app, renewed = App(lambda _: 200), []

    def renew(*_: object) -> None:
        renewed.append(app.heard)
        if len(renewed) == 3:
            raise Superseded

    with serving(app) as port, pytest.raises(Superseded):
        act(context(port, renew=renew))
    assert renewed == [0, 1, 3] and app.heard == 3, "the lease is renewed before each round"


def test_a_look_ends_long_before_a_task_may() -> None:
    asked: list[int] = []

    def ask(count: int) -> Sequence[Reply]:
        asked.append(count)
        return [(True, "200")] * count

    act(context(1, requests=1000, ask=ask))
    assert asked == [1, 2, 4, 8, 8, 8, 8, 8] and len(asked) == MOST_ROUNDS
