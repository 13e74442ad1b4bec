"""A stand-in for Route 53 that is as strict as the real one about changes: real HTTP, REST-XML, one hosted zone.

moto takes a DELETE of a value that is not there, so nothing about epochs can be learned from it.
"""

import ipaddress
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from tests.adapters.routers.faults import Fault, Faults
from tests.adapters.routers.route53_rules import Invalid, Sets, after, key_of
from tests.adapters.routers.signed import Request

NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
API = "/2013-04-01"
PAGE_MAX = 300
ORDER = ("Name", "Type", "SetIdentifier", "Weight", "TTL", "ResourceRecords", "AliasTarget", "HealthCheckId")


class Refused(Exception):
    """(status, code, message) of an error answer."""


class StrictRoute53:
    """The hosted zone `zone` with id `zone_id`, and health checks by id. It is a World of the contract suite.

    `throttled` is the codes that the next calls are answered with; `before_change` runs once, before the
    next batch is looked at; `page_max` makes pages small.
    """

    def __init__(self, zone: str = "example", zone_id: str = "Z1") -> None:
        self.zone, self.zone_id, self.page_max = f"{zone}.", zone_id, PAGE_MAX
        self.faults = Faults()
        self.calls: list[str] = []
        self.requests: list[Request] = []
        self.batches: list[list[tuple[str, dict[str, Any]]]] = []
        self.throttled: list[str] = []
        self.before_change: Callable[[], None] | None = None
        self.checks: dict[str, dict[str, Any]] = {}
        self._deleted: set[str] = set()
        self._lock = threading.RLock()
        soa = {"Name": self.zone, "Type": "SOA", "TTL": 900, "ResourceRecords": ("ns. host. 1 7200 900 1 1",)}
        name_servers = {"Name": self.zone, "Type": "NS", "TTL": 172800, "ResourceRecords": ("ns.aws.",)}
        self.sets: Sets = {key_of(one): one for one in (soa, name_servers)}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def change(self, *batch: tuple[str, dict[str, Any]]) -> None:
        """A batch from outside, by the same rules."""
        with self._lock:
            self.sets = after(self.sets, batch, self.zone)

    def delete_check(self, check_id: str) -> None:
        with self._lock:
            self._deleted.add(self.checks.pop(check_id)["CallerReference"])

    def publish_from_outside(self, route: str, epoch: int, weights: Mapping[str, int]) -> None:
        with self._lock:
            for key, record in list(self.sets.items()):
                if key[0].startswith(f"{route}.") and key[2]:
                    self.sets[key] = record | {"Weight": weights[key[2]]}
                if key[0].startswith(f"_drover.{route}."):
                    self.sets[key] = record | {"ResourceRecords": (f'"drover epoch={epoch} write=99 idle="',)}

    def records(self, name: str) -> list[dict[str, Any]]:
        """The record sets of a name, sorted."""
        return [record for key, record in sorted(self.sets.items()) if key[0] == f"{name}."]

    def answer(self, method: str, target: str, body: str) -> tuple[int, str] | None:
        """(status, XML); None: the connection is closed without an answer, which spares tests the waiting."""
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        with self._lock:
            self.calls.append(f"{method} {url.path.removeprefix(API).rstrip('/')}")
            if self.throttled:
                return _error(400, self.throttled.pop(0), "Rate exceeded")
        changes = method == "POST" and url.path.rstrip("/").endswith("/rrset")
        match self.faults.begin(write=changes):
            case Fault.DOWN:
                return _error(503, "ServiceUnavailable", "down")
            case Fault.HANGS:
                return None
            case Fault.LIES:
                return 200, _change_info()
            case Fault.ANSWER_LOST:
                with suppress(Refused):
                    self._act(method, url.path, query, body)
                return None
            case None:
                pass
        try:
            return self._act(method, url.path, query, body)
        except Refused as e:
            return _error(*e.args)

    def _act(self, method: str, path: str, query: Mapping[str, str], body: str) -> tuple[int, str]:
        match method, path.removeprefix(API).strip("/").split("/"):
            case "GET", ["hostedzone", zone_id, "rrset"] if zone_id == self.zone_id:
                return 200, self._list(query)
            case "POST", ["hostedzone", zone_id, "rrset"] if zone_id == self.zone_id:
                return 200, self._change(ET.fromstring(body))
            case "GET", ["healthcheck"]:
                return 200, self._list_checks(query)
            case "POST", ["healthcheck"]:
                return 201, self._make_check(ET.fromstring(body))
            case _, ["hostedzone", zone_id, *_]:
                raise Refused(404, "NoSuchHostedZone", f"No hosted zone found with ID: {zone_id}")
        raise Refused(400, "InvalidInput", f"{method} {path}")

    def _list(self, query: Mapping[str, str]) -> str:
        with self._lock:
            found = sorted((_order(record), record) for record in self.sets.values())
        start = _reversed(f"{query['name'].rstrip('.')}.") if "name" in query else ""
        at = (start, query.get("type", ""), query.get("identifier", ""))
        rest = [record for order, record in found if order >= at]
        size = min(int(query.get("maxitems", PAGE_MAX)), self.page_max)
        page, more = rest[:size], rest[size : size + 1]
        following = ""
        for record in more:
            following = f"<NextRecordName>{record['Name']}</NextRecordName><NextRecordType>{record['Type']}</NextRecordType>"
            if "SetIdentifier" in record:
                following += f"<NextRecordIdentifier>{record['SetIdentifier']}</NextRecordIdentifier>"
        sets = "".join(f"<ResourceRecordSet>{_xml(record)}</ResourceRecordSet>" for record in page)
        return _document(
            "ListResourceRecordSetsResponse",
            f"<ResourceRecordSets>{sets}</ResourceRecordSets><IsTruncated>{str(bool(more)).lower()}</IsTruncated>"
            f"{following}<MaxItems>{size}</MaxItems>",
        )

    def _change(self, root: ET.Element) -> str:
        hook, self.before_change = self.before_change, None
        if hook:
            hook()
        batch = [
            (_text(change, "Action"), _record(_one(change, "ResourceRecordSet")))
            for change in _all(root, "ChangeBatch/Changes/Change")
        ]
        with self._lock:
            unknown = [
                record["HealthCheckId"]
                for action, record in batch
                if action != "DELETE" and record.get("HealthCheckId", "given") not in {*self.checks, "given"}
            ]
            if unknown:
                raise Refused(404, "NoSuchHealthCheck", f"No health check exists with the id {unknown[0]}")
            try:
                self.sets = after(self.sets, batch, self.zone)
            except Invalid as e:
                raise Refused(400, "InvalidChangeBatch", str(e)) from e
            self.batches.append(batch)
        return _change_info()

    def _make_check(self, root: ET.Element) -> str:
        reference = _text(root, "CallerReference")
        config = {_plain(part.tag): part.text for part in _one(root, "HealthCheckConfig")}
        address = config.get("IPAddress")
        # The networks for examples stand for public ones here.
        if address and not address.startswith("192.0.2.") and ipaddress.ip_address(address).is_private:
            raise Refused(400, "InvalidInput", "IP address is in a private range")
        with self._lock:
            for check_id, check in self.checks.items():
                if check["CallerReference"] == reference and check["HealthCheckConfig"] == config:
                    return _document("CreateHealthCheckResponse", _check_xml(check_id, check))
            used = {check["CallerReference"] for check in self.checks.values()} | self._deleted
            if reference in used:
                raise Refused(409, "HealthCheckAlreadyExists", "the caller reference was used already")
            check_id = f"check-{len(self.checks) + len(self._deleted) + 1}"
            self.checks[check_id] = {"CallerReference": reference, "HealthCheckConfig": config}
            return _document("CreateHealthCheckResponse", _check_xml(check_id, self.checks[check_id]))

    def _list_checks(self, query: Mapping[str, str]) -> str:
        size = min(int(query.get("maxitems", PAGE_MAX)), self.page_max)
        with self._lock:
            rest = [one for one in sorted(self.checks.items()) if one[0] >= query.get("marker", "")]
        more = "".join(f"<NextMarker>{check_id}</NextMarker>" for check_id, _ in rest[size : size + 1])
        return _document(
            "ListHealthChecksResponse",
            f"<HealthChecks>{''.join(_check_xml(*one) for one in rest[:size])}</HealthChecks><Marker></Marker>"
            f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}<MaxItems>{size}</MaxItems>",
        )


def _handler(owner: StrictRoute53) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body leave together: apart, each answer takes 40 ms more

        def do_GET(self) -> None:
            self._speak("GET")

        def do_POST(self) -> None:
            self._speak("POST")

        def _speak(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            owner.requests.append(Request(method, self.path, dict(self.headers.items()), body))
            answer = owner.answer(method, self.path, body)
            if answer is None:
                self.close_connection = True
                return
            data = answer[1].encode()
            self.send_response(answer[0])
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    return Handler


def _order(record: Mapping[str, Any]) -> tuple[str, str, str]:
    name, kind, set_id = key_of(record)
    return _reversed(name), kind, set_id


def _reversed(name: str) -> str:
    """`com.example.www.` for `www.example.com.`: ListResourceRecordSets sorts by this."""
    return ".".join(reversed(name.rstrip(".").split("."))) + "."


def _record(element: ET.Element) -> dict[str, Any]:
    """A ResourceRecordSet as the zone keeps it: names in full, `*` escaped."""
    record: dict[str, Any] = {}
    for part in element:
        name, text = _plain(part.tag), part.text or ""
        if name == "ResourceRecords":
            record[name] = tuple(_text(one, "Value") for one in _all(part, "ResourceRecord"))
        elif name == "AliasTarget":
            record[name] = {_plain(one.tag): one.text for one in part}
        else:
            record[name] = int(text) if name in ("Weight", "TTL") else text
    return record | {"Name": record["Name"].rstrip(".").replace("*", "\\052") + "."}


def _xml(record: Mapping[str, Any]) -> str:
    parts = []
    for name in (name for name in ORDER if name in record):
        value = record[name]
        if name == "ResourceRecords":
            text = "".join(f"<ResourceRecord><Value>{escape(one)}</Value></ResourceRecord>" for one in value)
        elif name == "AliasTarget":
            text = "".join(f"<{part}>{inner}</{part}>" for part, inner in value.items())
        else:
            text = escape(str(value))
        parts.append(f"<{name}>{text}</{name}>")
    return "".join(parts)


def _check_xml(check_id: str, check: Mapping[str, Any]) -> str:
    config = "".join(f"<{name}>{value}</{name}>" for name, value in check["HealthCheckConfig"].items())
    return (
        f"<HealthCheck><Id>{check_id}</Id><CallerReference>{check['CallerReference']}</CallerReference>"
        f"<HealthCheckConfig>{config}</HealthCheckConfig><HealthCheckVersion>1</HealthCheckVersion></HealthCheck>"
    )


def _change_info() -> str:
    info = "<Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt>"
    return _document("ChangeResourceRecordSetsResponse", f"<ChangeInfo>{info}</ChangeInfo>")


def _error(status: int, code: str, message: str) -> tuple[int, str]:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return status, _document("ErrorResponse", f"{error}<RequestId>1</RequestId>")


def _document(name: str, inner: str) -> str:
    return f'<?xml version="1.0"?><{name} xmlns="{NAMESPACE}">{inner}</{name}>'


def _plain(tag: str) -> str:
    return tag.rpartition("}")[2]


def _all(element: ET.Element, path: str) -> list[ET.Element]:
    return element.findall("/".join(f"{{{NAMESPACE}}}{part}" for part in path.split("/")))


def _one(element: ET.Element, path: str) -> ET.Element:
    (found,) = _all(element, path)
    return found


def _text(element: ET.Element, path: str) -> str:
    return _one(element, path).text or ""
