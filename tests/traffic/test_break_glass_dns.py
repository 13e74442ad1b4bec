"""`drover break-glass evacuate` as a process of its own against DNS: the strict stand-in of Route 53, and DNSEndpoints of a
simulated cluster. It has the state file and two keys: no database, no broker."""

import os
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from orchestrator.embedded.programs import ROOT
from tests.adapters.routers.route53_answers import answers
from tests.adapters.routers.strict_route53 import StrictRoute53
from tests.traffic.by_dns import NLB, publish, weigh
from tests.traffic.test_external_dns_rows import ExternalDns, edge, external_dns
from tests.traffic.test_route53_rows import HOSTNAME, aws, route53, shares
from tests.wiring.test_break_glass import AWAY
from traffic.engine.state_file import write_state
from traffic.models import RouterInstance
from traffic.queries.state import read_state

__all__ = ["aws", "edge", "external_dns", "route53"]  # fixtures

pytestmark = pytest.mark.django_db
DEAD = "on-premises-1"


def evacuate(folder: Path) -> "subprocess.CompletedProcess[str]":
    """The state of now, and then the command line of a deployment."""
    write_state(folder, read_state({}, timezone.now()))
    env = {
        "PATH": os.environ["PATH"],
        **AWAY,
        "DROVER_DEMO": "on",  # routers on the loopback address
        "DROVER_SECRET_KEY": settings.SECRET_KEY,
        "DROVER_CREDENTIAL_KEYS": ",".join(settings.CREDENTIAL_KEYS),
    }
    command = [str(ROOT / "deploy/drover"), "break-glass", "evacuate", DEAD, "--file", str(folder), "--yes"]
    return subprocess.run(command, env=env, cwd="/", check=False, capture_output=True, text=True, timeout=120)


def test_route_53_answers_with_who_is_left_and_drover_takes_it_for_newer(
    aws: StrictRoute53, route53: RouterInstance, tmp_path: Path
) -> None:
    publish(route53)
    before = len(aws.batches)
    done = evacuate(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All of it was read back as asked." in done.stdout
    assert answers(aws, HOSTNAME) == shares(nlb=100)
    assert len(aws.batches) == before + 1
    weigh(50, 50)  # a Drover that was cut off goes on
    found = publish(route53)
    assert (found.state, found.weights) == ("refused", {"on-premises": 0, "nlb": 100})
    assert answers(aws, HOSTNAME) == {NLB: Fraction(1)}
    again = evacuate(tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    assert len(aws.batches) == before + 1


def test_dns_endpoints_name_who_is_left_and_it_says_that_external_dns_has_not_read_them(
    external_dns: tuple[RouterInstance, ExternalDns], tmp_path: Path
) -> None:
    instance, dns = external_dns
    publish(instance)
    dns.reads()
    assert publish(instance).state == "published"
    first = evacuate(tmp_path)
    assert dns.weights() == {"nlb": "100"}
    assert first.returncode == 1 and "has not read" in first.stdout, first.stdout + first.stderr
    dns.reads()
    again = evacuate(tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
