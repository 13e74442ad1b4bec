"""GET of one object and of lists."""

from __future__ import annotations

import base64
import binascii
import json

from simulator.api.options import check_list_options, version_number, whole_number
from simulator.api.tables import table_asked, table_of
from simulator.api.target import Target
from simulator.errors import ApiError, bad_request, not_found, too_large
from simulator.kinds.kind import Kind
from simulator.selectors import Predicate, both, everything, field_predicate, label_predicate
from simulator.store.past import Past
from simulator.store.store import Store
from simulator.values import Obj, full_name
from simulator.wire.messages import Request, Response, json_response

UNNAMED_IN_LISTS = ("kind", "apiVersion")  # typed lists name them once, for the whole list


def get_object(store: Store | Past, target: Target, request: Request) -> Response:
    """The object as JSON or as a one-row Table; 404."""
    version = version_number(request.query.get("resourceVersion", ""))
    if version > store.version:
        raise too_large(version, store.version)
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
    """A page of a list, sorted by key, in the form the client asked for; all pages are of the moment of the first."""
    check_list_options(request, watch=False)
    limit = max(whole_number(request.query.get("limit") or "0"), 0)
    version, after = _place(request, store)
    predicate = predicate_of(target, request)
    objects = store.listed_at(version, target.kind.key, target.namespace)
    if predicate is not everything:
        objects = [obj for obj in objects if predicate(obj)]
    if after:
        objects = [obj for obj in objects if full_name(obj) > after]
    page = objects[:limit] if limit and request.query.get("resourceVersion") != "0" else objects
    meta: Obj = {"resourceVersion": str(version)}
    if len(page) < len(objects):
        meta["continue"] = _token(full_name(page[-1]), version)
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


def _place(request: Request, store: Store | Past) -> tuple[int, tuple[str, str]]:
    """(the version that the list is of, the name after which it goes on)."""
    token, query = request.query.get("continue"), request.query
    asked = version_number(query.get("resourceVersion", ""), "" if token else "invalid resource version: ")
    if token and asked:
        raise bad_request("specifying resource version is not allowed when using continue")
    if token:
        return _continued(token, store)
    if asked > store.version:
        raise too_large(asked, store.version)
    if query.get("resourceVersionMatch") != "Exact":
        return store.version, ("", "")
    if asked < store.compacted:
        raise ApiError(410, "Expired", "The resourceVersion for the provided list is too old.")
    return asked, ("", "")


def _token(last: tuple[str, str], version: int) -> str:
    text = json.dumps({"rv": version, "start": last})
    return base64.urlsafe_b64encode(text.encode()).decode()


def _continued(token: str, store: Store | Past) -> tuple[int, tuple[str, str]]:
    try:
        place = json.loads(base64.urlsafe_b64decode(token))
        version, start = int(place["rv"]), (str(place["start"][0]), str(place["start"][1]))
    except (ValueError, KeyError, TypeError, IndexError, binascii.Error) as error:
        raise bad_request("continue key is not valid") from error
    if version < store.compacted:
        raise ApiError(410, "Expired", "The provided continue parameter is too old to display a consistent list "
                       "result. You can start a new list without the continue parameter.")  # fmt: skip
    return version, start
