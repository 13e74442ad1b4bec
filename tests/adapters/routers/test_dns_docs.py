"""The examples in docs/routers-dns.md are what the DNS routers take, and make."""

import json
import re
from pathlib import Path
from typing import Any

from tests.adapters.routers.on_route53 import router_on
from tests.adapters.routers.strict_route53 import StrictRoute53
from traffic.routers.external_dns_settings import parse_place
from traffic.routers.protocol import Asked, Backend
from traffic.routers.route53_settings import parse_settings

DOCS = Path(__file__).resolve().parents[3] / "docs/routers-dns.md"


def section(title: str) -> str:
    return DOCS.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]


def example(title: str) -> dict[str, Any]:
    (text,) = re.findall(r"```json\n(.*?)```", section(title), re.DOTALL)
    return json.loads(text)


def test_the_example_of_ten_percent_makes_the_records_that_are_shown() -> None:
    settings = parse_settings(example("Route 53"))
    aws = StrictRoute53(settings.zone, settings.zone_id)
    router = router_on(aws, settings)
    cloud = Backend("nlb", 10, "nlb-1.elb.eu-central-1.amazonaws.com", 443)
    premises = Backend("on-premises", 90, "192.0.2.10", 443)
    for write in router.plan([Asked("shop-r", 1, (cloud, premises), ("www.example.com",))], {}):
        router.apply(write)
    aws.stop()
    made = {
        (
            name.rstrip("."),
            kind,
            record.get("SetIdentifier"),
            record.get("Weight"),
            record["ResourceRecords"][0],
        )
        for (name, kind, _), record in aws.sets.items()
        if kind not in ("NS", "SOA")
    }
    assert made == set(
        map(shown, re.findall(r"^\S+ +(?:A|CNAME|TXT) +60 .*$", section("Route 53"), re.MULTILINE))
    )


def shown(line: str) -> tuple[str, str, str | None, int | None, str]:
    name, kind, _, rest = line.split(maxsplit=3)
    if rest.startswith('"') or " " not in rest:
        return name, kind, None, None, rest
    prod, weight, value = rest.split()
    return name, kind, prod, int(weight), value


def test_the_example_for_external_dns_is_taken() -> None:
    assert parse_place("dns-1", example("ExternalDNS")).domain == "routes.example.com"
