"""With Debian's Prometheus: what the simulator tells it, what Drover asks it, and the alerts that the docs set."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from access.tokens import create_token
from simulator.testing import Fleet, start_fleet
from tests import build
from tests.simulator.edge import ask, prod
from tests.traffic.system.real_prometheus import RealPrometheus, until
from traffic.engine.demand import take_sample
from traffic.engine.loads import read_loads
from traffic.models import DemandSample, LoadReading, Tenant
from traffic.queries.facts import read_facts
from traffic.queries.loads import read_load_source

REQUESTS = "sum by (prod, version) (rate(http_requests_total[30s]))"
ERRORS = "sum by (prod, version) (rate(http_request_errors_total[30s]))"
DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with start_fleet(["a", "b"]) as fleet:
        yield fleet


@pytest.fixture(scope="module")
def door(fleet: Fleet) -> int:
    """The node port of the Prod `a-1` on cluster `b`."""
    return prod(fleet, "a-1")


@pytest.fixture(scope="module")
def prometheus(fleet: Fleet, door: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPrometheus]:
    """As docs/simulator.md configures it; the node ports under a job whose series no query here takes."""
    whole = {"job_name": "fleet", "static_configs": [{"targets": [fleet.control.removeprefix("http://")]}]}
    each = {
        "job_name": "prods",
        "http_sd_configs": [{"url": f"{fleet.control}/targets", "refresh_interval": "1s"}],
        "metric_relabel_configs": [
            {"source_labels": ["__name__"], "target_label": "__name__", "replacement": "each_$1"}
        ],
    }
    jobs = [one | {"honor_labels": True} for one in (whole, each)]
    with RealPrometheus(tmp_path_factory.mktemp("prometheus"), jobs) as prometheus:
        yield prometheus


@pytest.fixture
def asked(prometheus: RealPrometheus, settings: Any) -> RealPrometheus:
    """Drover asks it."""
    settings.DEMO, settings.USERS_URL, settings.PROMETHEUS_URL = True, "", prometheus.url
    settings.REQUESTS_QUERY, settings.ERRORS_QUERY = REQUESTS, ERRORS
    return prometheus


def test_it_scrapes_the_fleet_and_every_prod(fleet: Fleet, door: int, prometheus: RealPrometheus) -> None:
    wanted = {f"{fleet.control}/metrics", f"http://127.0.0.1:{door}/metrics"}
    until(
        lambda: wanted <= {url for url, health in prometheus.targets().items() if health == "up"}, "scraped"
    )
    assert ask(door, path="/basket").status == 200
    for name in ("http_requests_total", "each_http_requests_total"):
        mine = f'{name}{{prod="a-1",version="v1.0.0",code="200"}}'
        assert until(lambda name=mine: prometheus.vector(name), mine)
    slow = 'histogram_quantile(0.99, sum by (le) (http_request_duration_seconds_bucket{prod="a-1"}))'
    (one,) = prometheus.vector(slow)
    assert 0 < float(one["value"][1]) <= 10


@pytest.mark.django_db
def test_the_charts_draw_what_it_has_counted(fleet: Fleet, door: int, asked: RealPrometheus) -> None:
    fault = fleet.fault("image", pattern="shop/api:v1.0.0", behaviour="failing", rate=1, status=503)

    def drawn() -> list[Any]:
        ask(door, path="/basket")
        DemandSample.objects.all().delete()
        assert take_sample()
        rates = DemandSample.objects.get().rates
        return [one for one in rates if one[:2] == ["a-1", "v1.0.0"] and one[2] > 0 and one[3] > 0]

    until(drawn, "requests and errors of a-1")
    fleet.clear_faults(fault)


@pytest.mark.django_db
def test_loads_are_what_it_answers(asked: RealPrometheus, settings: Any) -> None:
    build.fleet()
    settings.LOAD_QUERY = 'label_replace(vector(7.2), "tenant", "staff-0001", "", "")'
    assert read_loads()
    assert Tenant.objects.get(name="staff-0001").measured_load == 8
    assert [route.load for route in read_facts().routes if route.name == "staff"] == [10]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("rate(", "load-query-nonsense"),  # 400
        ("1", "load-query-nonsense"),  # a scalar
        ('up{job="fleet"}[5s]', "load-query-nonsense"),  # a matrix
        ("vector(1)", "load-query-nonsense"),  # nobody's
    ],
)
def test_what_is_no_load_is_said_to_be_none(
    asked: RealPrometheus, settings: Any, query: str, code: str
) -> None:
    build.fleet()
    settings.LOAD_QUERY = query
    assert not read_loads()
    found = read_load_source(timezone.now())
    assert found is not None and found.why is not None and found.why.code == code
    assert LoadReading.objects.get().read_at is None


@pytest.mark.django_db
def test_what_is_no_number_counts_as_given(asked: RealPrometheus, settings: Any) -> None:
    build.fleet()
    settings.LOAD_QUERY = 'label_replace(vector(0) / 0, "tenant", "staff-0001", "", "")'
    assert read_loads()
    assert Tenant.objects.get(name="staff-0001").measured_load is None


@pytest.mark.django_db(transaction=True)
def test_it_scrapes_drover_with_a_token_alone(live_server: LiveServer, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(create_token(build.person("viewer"), "prometheus", "viewer"))
    job = {"static_configs": [{"targets": [live_server.url.removeprefix("http://")]}]}
    mine = job | {"job_name": "drover", "authorization": {"credentials_file": str(tmp_path / "token")}}
    with RealPrometheus(tmp_path, [mine, job | {"job_name": "nobody"}]) as prometheus:
        lag = until(lambda: prometheus.vector("drover_wake_lag_seconds"), "a scrape")
        until(lambda: prometheus.vector('up{job="nobody"}'), "the other scrape")
        up = {one["metric"]["job"]: one["value"][1] for one in prometheus.vector("up")}
    assert [one["metric"]["job"] for one in lag] == ["drover"]
    assert up == {"drover": "1", "nobody": "0"}


def test_it_takes_the_alerts_of_the_docs(tmp_path: Path) -> None:
    (alerts,) = re.findall(r"^## Alerts\n\n```yaml\n(.*?)```", (DOCS / "metrics.md").read_text(), re.M | re.S)
    rules = tmp_path / "rules.yaml"
    rules.write_text(alerts)
    said = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True, check=False)
    assert (said.returncode, "5 rules found" in said.stdout) == (0, True), said.stdout + said.stderr
