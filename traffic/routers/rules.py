"""What holds for every router: what it may be asked for, which epoch may follow which, and what differs."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from journal.core.reasons import Reason, because

from .protocol import Actual, Asked, Backend, Rejected, Stale

WEIGHT_MAX = 100
PORTS = range(1, 65536)
# RFC 1123: what may also stand in a command, a map, a record or a manifest without any quoting.
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
HOSTNAME = re.compile(rf"{NAME.pattern}(\.{NAME.pattern})*")
HOSTNAME_MAX = 253
ADDRESS = re.compile(r"[0-9a-zA-Z:.-]{1,253}")


def check(asked: Sequence[Asked], actual: Mapping[str, Actual]) -> None:
    """Raises Rejected for what no router may hold, Stale where something newer is published than is asked."""
    for one in asked:
        check_asked(one)
        check_epoch(one, actual.get(one.route))
    twice = [
        name for name, count in Counter(host for one in asked for host in one.hostnames).items() if count > 1
    ]
    if twice:
        raise Rejected(because("router-hostname-twice", hostname=min(twice)))


def check_asked(asked: Asked) -> None:
    """Raises Rejected for a Route that would serve nobody, or whose words mean something else to a router."""
    if sum(backend.weight for backend in asked.backends) <= 0:
        raise Rejected(because("router-weights-zero", route=asked.route))
    for word in (asked.route, *(backend.prod for backend in asked.backends)):
        if not NAME.fullmatch(word):
            raise Rejected(because("router-name-wrong", route=asked.route, name=word))
    wrong = _first_wrong(tuple(asked.hostnames))
    if wrong is not None:
        raise Rejected(because("router-name-wrong", route=asked.route, name=wrong))
    for backend in asked.backends:
        _check_backend(asked.route, backend)


@lru_cache(maxsize=2048)
def _first_wrong(hostnames: tuple[str, ...]) -> str | None:
    """The first that is no host name. A Route has hundreds that hardly ever change, and is looked at every few
    seconds."""
    return next((hostname for hostname in hostnames if not is_hostname(hostname)), None)


def check_epoch(asked: Asked, actual: Actual | None) -> None:
    """Raises Stale if a newer epoch than the asked one is published."""
    if actual is not None and actual.epoch > asked.epoch:
        raise Stale(because("router-epoch-newer", route=asked.route, asked=asked.epoch, actual=actual.epoch))


def is_hostname(text: str) -> bool:
    """Whether `text` is a host name in lower case, without a wildcard.

    >>> is_hostname("shop.example"), is_hostname("*.example"), is_hostname("shop.example;")
    (True, False, False)
    """
    return len(text) <= HOSTNAME_MAX and HOSTNAME.fullmatch(text) is not None


def weights_of(asked: Asked) -> tuple[tuple[str, int], ...]:
    """The weights as `Actual` has them."""
    return tuple(sorted((backend.prod, backend.weight) for backend in asked.backends))


def first_difference(asked: Asked, actual: Actual | None) -> Reason | None:
    """None where `actual` is what is asked, else the first thing that is not, the gravest first."""
    route = asked.route
    if actual is None:
        return because("router-not-published", route=route)
    if actual.epoch != asked.epoch:
        return because("router-epoch-differs", route=route, asked=asked.epoch, actual=actual.epoch)
    return _first_weight(asked, actual) or _first_hostname(route, asked.hostnames, actual.hostnames)


def _first_weight(asked: Asked, actual: Actual) -> Reason | None:
    wanted, found = dict(weights_of(asked)), dict(actual.weights)
    for prod in sorted(wanted.keys() | found.keys()):
        if wanted.get(prod) != found.get(prod):
            known = {"asked": _told(wanted.get(prod)), "actual": _told(found.get(prod))}
            return because("router-weight-differs", route=asked.route, prod=prod, **known)
    return None


def _told(weight: int | None) -> int | str:
    return "-" if weight is None else weight


def _first_hostname(route: str, wanted: Collection[str], found: Collection[str]) -> Reason | None:
    if missing := sorted(set(wanted) - set(found)):
        return because("router-hostname-missing", route=route, hostname=missing[0], hostnames=len(missing))
    if extra := sorted(set(found) - set(wanted)):
        return because("router-hostname-extra", route=route, hostname=extra[0], hostnames=len(extra))
    return None


def _check_backend(route: str, backend: Backend) -> None:
    if not 0 <= backend.weight <= WEIGHT_MAX:
        raise Rejected(because("router-weight-wrong", route=route, prod=backend.prod, weight=backend.weight))
    if not ADDRESS.fullmatch(backend.host) or backend.port not in PORTS:
        raise Rejected(because("router-address-wrong", route=route, prod=backend.prod))
