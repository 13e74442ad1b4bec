"""What each state of traffic looks like: tone, drawing and word."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clusters.marks import NO_FACTS, Mark

from .models import DataClass, Publication, Redundancy, Router, RouterInstance

PUBLICATION_MARKS = {
    Publication.State.PUBLISHED: Mark("good", "check", _("as asked")),
    Publication.State.PENDING: Mark("wait", "clock", _("not yet as asked")),
    Publication.State.UNREACHABLE: Mark("bad", "cross", _("no answer")),
    Publication.State.REFUSED: Mark("bad", "alert", _("refused")),
}
UNPUBLISHED = Mark("idle", "stop", _("not published"))
OLD = NO_FACTS

INSTANCE_MARKS = {
    RouterInstance.Health.HEALTHY: Mark("good", "check", _("answers")),
    RouterInstance.Health.UNREACHABLE: Mark("bad", "cross", _("no answer")),
    RouterInstance.Health.UNKNOWN: Mark("unknown", "query", _("not asked yet")),
}

KIND_NAMES: dict[str, str | Promise] = {
    Router.Kind.GATEWAY_API: "Gateway API",
    Router.Kind.HAPROXY: "HAProxy",
    Router.Kind.ROUTE53: "Route 53",
    Router.Kind.EXTERNAL_DNS: "ExternalDNS",
}
REDUNDANCY_NAMES = {
    Redundancy.NONE: _("none"),
    Redundancy.TWO_DOMAIN: _("two failure domains"),
    Redundancy.TEST: _("test"),
}
CLASS_NAMES = {
    DataClass.STATELESS: _("stateless"),
    DataClass.REPLICATED: _("replicated"),
    DataClass.SINGLE_WRITER: _("single writer"),
}
# States by which Routes are filtered, and how they are said.
STATE_NAMES: dict[str, str | Promise] = {
    "published": _("as asked everywhere"),
    "pending": _("not yet as asked"),
    "unreachable": _("a router does not answer"),
    "refused": _("a router refuses it"),
    "unread": _("no fresh facts"),
    "unpublished": _("not published"),
}

# How parameters of Reasons are said: none of their own.
WORDS: dict[str, dict[str, str | Promise]] = {}
