"""GET of one object and of lists."""

from __future__ import annotations

import base64
import binascii
import json

from simulator.api.tables import table_asked, table_of
from simulator.api.target import Target, number
from simulator.errors import ApiError, bad_request, gone, not_found
from simulator.kinds.kind import Kind
from simulator.selectors import Predicate, both, everything, field_predicate, label_predicate
from simulator.store.past import Past
from simulator.store.store import Store
from simulator.values import Obj, full_name
from simulator.wire.messages import Request, Response, json_response

UNNAMED_IN_LISTS = ("kind", "apiVersion")  # typed lists name them once, for the whole list


def get_object(store: Store | Past, target: Target, request: Request) -> Response:
    """The object as JSON or as a one-row Table; 404."""
    obj = store.get(target.kind.key, target.space, target.name)
    if obj is None:
        raise not_found(target.kind, target.name)
    return shown(target.kind, obj, request)


def shown(kind: Kind, obj: Obj, request: Request, status: int = 200) -> Response:
    """An object in the form and version the client asked for."""
    obj = kind.seen(obj)
    if table_asked(request.headers.get("accept", "")):
        meta = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
        include = request.query.get("includeObject", "Metadata")
        return json_response(table_of(kind, [obj], meta, include), status)
    return json_response(obj, status)


def predicate_of(target: Target, request: Request) -> Predicate:
    """What the selectors of a request let through."""
    labels = label_predicate(request.query.get("labelSelector", ""))
    return both(labels, field_predicate(request.query.get("fieldSelector", ""), target.kind))


def list_objects(store: Store | Past, target: Target, request: Request) -> Response:
    """A page of a list, sorted by key, in the form the client asked for."""
    limit, after = number(request, "limit"), _continued(request, store)
    _check_version(request, store)
    predicate = predicate_of(target, request)
    objects = store.listed(target.kind.key, target.namespace)
    if predicate is not everything:
        objects = [obj for obj in objects if predicate(obj)]
    if after:
        objects = [obj for obj in objects if full_name(obj) > after]
    page = objects[:limit] if limit else objects
    meta: Obj = {"resourceVersion": str(store.version)}
    if len(page) < len(objects):
        meta["continue"] = _token(full_name(page[-1]), store)
        if predicate is everything:
            meta["remainingItemCount"] = len(objects) - len(page)
    return _list_response(target.kind, page, meta, request)


def _list_response(kind: Kind, page: list[Obj], meta: Obj, request: Request) -> Response:
    if table_asked(request.headers.get("accept", "")):
        return json_response(table_of(kind, page, meta, request.query.get("includeObject", "Metadata")))
    if kind.custom:
        return json_response({"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": meta,
                              "items": [kind.seen(obj) for obj in page]})  # fmt: skip
    items = [{key: value for key, value in obj.items() if key not in UNNAMED_IN_LISTS} for obj in page]
    return json_response(
        {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": meta, "items": items}
    )


def _check_version(request: Request, store: Store | Past) -> None:
    version, match = number(request, "resourceVersion"), request.query.get("resourceVersionMatch")
    if match == "Exact" and version != store.version and version <= store.compacted:
        raise gone(version, store.compacted)
    if version > store.version:
        raise ApiError(504, "Timeout", f"Too large resource version: {version}, current: {store.version}",
                       {"retryAfterSeconds": 1, "causes": [
                           {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]})  # fmt: skip


def _token(last: tuple[str, str], store: Store | Past) -> str:
    text = json.dumps({"rv": store.version, "start": last})
    return base64.urlsafe_b64encode(text.encode()).decode()


def _continued(request: Request, store: Store | Past) -> tuple[str, str] | None:
    token = request.query.get("continue")
    if not token:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(token))
        version, start = int(place["rv"]), (str(place["start"][0]), str(place["start"][1]))
    except (ValueError, KeyError, TypeError, IndexError, binascii.Error) as error:
        raise bad_request("continue key is not valid") from error
    if version < store.compacted:
        raise ApiError(410, "Expired", "The provided continue parameter is too old to display a consistent list "
                       "result. You can start a new list without the continue parameter.")  # fmt: skip
    return start
