"""What the query of a request, or the body of a DELETE, may ask for. Source: k8s.io/apimachinery/pkg/apis/meta/v1."""

from __future__ import annotations

import re

from simulator.api.target import Target, flag
from simulator.errors import ApiError, bad_request, invalid_options
from simulator.kinds.kind import Cause
from simulator.values import Obj
from simulator.wire.messages import Request

FORBIDDEN, UNSUPPORTED = "FieldValueForbidden", "FieldValueNotSupported"
POLICIES = ("Foreground", "Background", "Orphan")
MATCHES = ("", "Exact", "NotOlderThan")
MODES = ("", "Ignore", "Strict", "Warn")
DELETE_OPTIONS = ("gracePeriodSeconds", "orphanDependents", "propagationPolicy", "dryRun")
WRITE_OPTIONS = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions"}
MANAGER_LENGTH = 128


def whole_number(text: str) -> int:
    """A whole number of a query; 400 when it is none."""
    if not re.fullmatch(r"[+-]?\d+", text):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def version_number(text: str, before: str = "") -> int:
    """A resourceVersion, 0 for none; 500 (400 where words go `before` it) when it is no number."""
    if re.fullmatch(r"\d*", text):
        return int(text or "0")
    message = f'{before}resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
    raise bad_request(message) if before else ApiError(500, "", message)


def check_list_options(request: Request, *, watch: bool) -> None:
    """400 or 422 for what a list or a watch cannot be asked for."""
    query = request.query
    for name in ("limit", "timeoutSeconds"):
        whole_number(query.get(name) or "0")
    version, match = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    found = _watch_cause(request, match) if watch else _list_cause(request, version, match)
    if found:
        field, words = found
        reason = UNSUPPORTED if words.startswith("Unsupported") else FORBIDDEN
        raise invalid_options("ListOptions", Cause(field, words, reason))


def _watch_cause(request: Request, match: str) -> tuple[str, str] | None:
    asked, field = "sendInitialEvents" in request.query, "resourceVersionMatch"
    if request.query.get("continue"):
        return field, f"Forbidden: {field} is forbidden when continue is provided"
    if asked and match != "NotOlderThan":
        return field, f"Forbidden: sendInitialEvents requires setting {field} to NotOlderThan"
    if match and not asked:
        return field, f"Forbidden: {field} is forbidden for watch unless sendInitialEvents is provided"
    return None


def _list_cause(request: Request, version: str, match: str) -> tuple[str, str] | None:
    field = "resourceVersionMatch"
    if "sendInitialEvents" in request.query:
        return "sendInitialEvents", "Forbidden: sendInitialEvents is forbidden for list"
    if match not in MATCHES:
        return field, f'Unsupported value: "{match}": supported values: "Exact", "NotOlderThan", ""'
    if match and not version:
        return field, f"Forbidden: {field} is forbidden unless resourceVersion is provided"
    if match == "Exact" and version == "0":
        return field, f'Forbidden: {field} "exact" is forbidden for resourceVersion "0"'
    return None


def check_write_options(target: Target, request: Request, *, by_apply: bool = False) -> None:
    """422 for options that no write has."""
    of, query = WRITE_OPTIONS[request.method], request.query
    mode, manager = query.get("fieldValidation", ""), query.get("fieldManager", "")
    if mode not in MODES:
        known = ", ".join(f'"{known}"' for known in MODES)
        words = f'Unsupported value: "{mode}": supported values: {known}'
        raise invalid_options(of, Cause("fieldValidation", words, UNSUPPORTED))
    if len(manager) > MANAGER_LENGTH:
        words = f"Too long: may not be more than {MANAGER_LENGTH} bytes"
        raise invalid_options(of, Cause("fieldManager", words, "FieldValueTooLong"))
    if target.verb == "patch" and "force" in query and not by_apply:
        words = "Forbidden: may not be specified for non-apply patch"
        raise invalid_options(of, Cause("force", words, FORBIDDEN))


def delete_options(request: Request, body: Obj) -> Obj:
    """The options of a DELETE: its body's, or its query's when it has none; 400 or 422 for senseless ones."""
    asked = dict(body)
    if not body:
        asked = {name: request.query[name] for name in DELETE_OPTIONS if request.query.get(name)}
        if "gracePeriodSeconds" in asked:
            asked["gracePeriodSeconds"] = whole_number(asked["gracePeriodSeconds"])
        if "orphanDependents" in asked:
            asked["orphanDependents"] = flag(request, "orphanDependents")
        if "dryRun" in asked:
            asked["dryRun"] = [asked["dryRun"]]
    policy = asked.get("propagationPolicy")
    if policy and asked.get("orphanDependents") is not None:
        words = f'Invalid value: "{policy}": orphanDependents and deletionPropagation cannot be both set'
        raise invalid_options("DeleteOptions", Cause("propagationPolicy", words))
    if policy and policy not in POLICIES:
        known = ", ".join(f'"{known}"' for known in (*POLICIES, "nil"))
        words = f'Unsupported value: "{policy}": supported values: {known}'
        raise invalid_options("DeleteOptions", Cause("propagationPolicy", words, UNSUPPORTED))
    return asked
