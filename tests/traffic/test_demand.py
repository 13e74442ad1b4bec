"""Samples of what users ask for: taken from a source that may be anything, kept for minutes."""

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from traffic.core.demand import KEPT_S, Rate
from traffic.engine.demand import store, take_sample
from traffic.models import DemandSample
from traffic.queries.demand import read_demand

pytestmark = pytest.mark.django_db
SHOP = {"a-1": ("shop", "v1.0.0"), "a-2": ("shop", "v1.1.0")}


class Source(http.server.BaseHTTPRequestHandler):
    """Answers what the test has put into `answers`, in turn; the last one for ever."""

    answers: list[tuple[int, bytes]] = []
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, body = self.answers[min(len(self.asked), len(self.answers)) - 1]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def source(settings: Any) -> Iterator[str]:
    Source.answers, Source.asked = [], []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Source)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    settings.DEMO = True
    settings.USERS_URL, settings.PROMETHEUS_URL = "", ""
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def counters(**requests: int) -> bytes:
    series = [{"prod": p, "version": "v1.0.0", "requests": [n], "errors": [0]} for p, n in requests.items()]
    return json.dumps({"series": series}).encode()


def vector(value: str) -> bytes:
    metric = {"prod": "a-1", "version": "v1.0.0"}
    return json.dumps({"data": {"result": [{"metric": metric, "value": [1, value]}]}}).encode()


def test_without_a_source_nothing_is_asked(settings: Any) -> None:
    settings.USERS_URL = settings.PROMETHEUS_URL = ""
    assert not take_sample()


def test_the_counters_of_the_simulated_users_are_sampled(source: str, settings: Any) -> None:
    settings.USERS_URL = source
    Source.answers = [(200, counters(a1=7))]
    assert take_sample()
    assert DemandSample.objects.get().rates == [["a1", "v1.0.0", 7.0, 0.0]]


def test_prometheus_is_asked_both_queries(source: str, settings: Any) -> None:
    settings.PROMETHEUS_URL = source
    settings.REQUESTS_QUERY, settings.ERRORS_QUERY = "asked{}", "failed{}"
    Source.answers = [(200, vector("12")), (200, vector("3"))]
    assert take_sample()
    assert DemandSample.objects.get().rates == [["a-1", "v1.0.0", 12.0, 3.0]]
    assert Source.asked == ["/api/v1/query?query=asked%7B%7D", "/api/v1/query?query=failed%7B%7D"]


@pytest.mark.parametrize(
    "answer", [(500, b""), (302, b""), (200, b"no json"), (200, b"[]"), (200, b"x" * (8 * 2**20 + 1))]
)
def test_a_bad_answer_is_no_sample(source: str, settings: Any, answer: tuple[int, bytes]) -> None:
    settings.USERS_URL = source
    Source.answers = [answer]
    assert not take_sample()
    assert not DemandSample.objects.exists()
    assert len(Source.asked) == 1


def test_a_source_that_nobody_answers_for_is_no_sample(settings: Any) -> None:
    settings.DEMO, settings.USERS_URL = True, "http://127.0.0.1:1"
    assert not take_sample()


def test_outside_of_the_demo_this_machine_is_never_asked(source: str, settings: Any) -> None:
    settings.DEMO, settings.PROMETHEUS_URL = False, source
    Source.answers = [(200, vector("1"))]
    assert not take_sample()
    assert Source.asked == []


def test_two_who_sample_at_once_ask_once(source: str, settings: Any) -> None:
    settings.USERS_URL = source
    Source.answers = [(200, counters(a1=7))]
    assert take_sample()
    assert not take_sample()
    assert len(Source.asked) == 1


def test_only_the_last_minutes_are_kept() -> None:
    now = timezone.now()
    store({}, now - timedelta(seconds=KEPT_S + 5))
    store({}, now)
    assert [one.at for one in DemandSample.objects.all()] == [now]


def test_an_error_that_no_version_answered_counts_for_the_one_of_the_prod() -> None:
    now = timezone.now()
    store({("a-1", ""): Rate(4, 4), ("a-1", "v1.0.0"): Rate(6, 0), ("a-2", "v1.1.0"): Rate(5, 0)}, now)
    demand = read_demand(SHOP, now)
    assert (demand.prods["a-1"].requests, demand.prods["a-1"].errors) == (10, 4)
    assert (demand.versions["shop v1.0.0"].requests, demand.versions["shop v1.0.0"].errors) == (10, 4)
    assert (demand.versions["shop v1.1.0"].requests, demand.versions["shop v1.1.0"].errors) == (5, 0)


def test_a_prod_that_nobody_asks_has_a_chart_of_nothing() -> None:
    now = timezone.now()
    store({("a-1", "v1.0.0"): Rate(6, 0)}, now)
    assert read_demand(SHOP, now).prods["a-2"].requests == 0


def test_without_samples_there_are_no_charts() -> None:
    assert read_demand(SHOP, timezone.now()).prods == {}
