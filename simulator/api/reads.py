"""GET of one object and of lists."""

from __future__ import annotations

import base64
import binascii
import json

from simulator.api.forms import (
    METADATA,
    METADATA_LIST,
    TABLE,
    asked_form,
    check_acceptable,
    metadata_of,
    not_acceptable,
    response_of,
)
from simulator.api.options import check_list_options, version_number, whole_number
from simulator.api.tables import table_of
from simulator.api.target import Target
from simulator.errors import ApiError, bad_request, expired_page, not_found, too_large
from simulator.kinds.kind import Kind
from simulator.selectors import Predicate, both, everything, field_predicate, label_predicate
from simulator.store.past import Past
from simulator.store.store import Store
from simulator.values import Obj, full_name
from simulator.wire.messages import Request, Response

NOW = -1  # the version in a token that goes on with what there is by then, as upstream has it
UNNAMED_IN_LISTS = ("kind", "apiVersion")  # typed lists name them once, for the whole list


def get_object(store: Store | Past, target: Target, request: Request) -> Response:
    """The object as JSON or as a one-row Table; 404."""
    check_acceptable(request)
    version = version_number(request.query.get("resourceVersion", ""))
    if version > store.version:
        raise too_large(version, store.version)
    return shown(target.kind, stored_object(store, target), request)


def stored_object(store: Store | Past, target: Target) -> Obj:
    """The object that the path names, as it is stored; 404."""
    obj = store.get(target.kind.key, target.space, target.name)
    if obj is None:
        raise not_found(target.kind, target.name)
    return obj


def shown(kind: Kind, obj: Obj, request: Request, status: int = 200) -> Response:
    """An object in the form and version the client asked for."""
    obj, form = kind.seen(obj), asked_form(request)
    if form.what == TABLE:
        meta = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
        include = request.query.get("includeObject", "Metadata")
        return response_of(table_of(kind, [obj], meta, include), form, status)
    if form.what == METADATA_LIST:
        raise not_acceptable(f"you requested {METADATA_LIST}, but the requested object is not a list "
                             f"(*{kind.group.partition('.')[0] or 'core'}.{kind.kind})")  # fmt: skip
    return response_of(metadata_of(obj, form) if form.what == METADATA else obj, form, status)


def predicate_of(target: Target, request: Request) -> Predicate:
    """What the selectors of a request let through."""
    labels = label_predicate(request.query.get("labelSelector", ""))
    return both(labels, field_predicate(request.query.get("fieldSelector", ""), target.kind))


def list_objects(store: Store | Past, target: Target, request: Request) -> Response:
    """A page of a list, sorted by key, in the form the client asked for; all pages are of the moment of the first."""
    check_acceptable(request)
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
    form, version, name = asked_form(request), kind.api_version, f"{kind.kind}List"
    if form.what == TABLE:
        table = table_of(kind, page, meta, request.query.get("includeObject", "Metadata"))
        return response_of(table, form)
    if form.what == METADATA:
        raise not_acceptable(f"you requested {METADATA}, but the requested object is a list "
                             f"(*{kind.group.partition('.')[0] or 'core'}.{name})")  # fmt: skip
    if form.what == METADATA_LIST:
        items, version, name = (
            [metadata_of(obj, form) for obj in page],
            f"meta.k8s.io/{form.version}",
            METADATA_LIST,
        )
    elif kind.custom:
        items = [kind.seen(obj) for obj in page]
    else:
        items = [{key: value for key, value in obj.items() if key not in UNNAMED_IN_LISTS} for obj in page]
    return response_of({"kind": name, "apiVersion": version, "metadata": meta, "items": items}, form)


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
    if version == NOW:
        return store.version, start
    if version < store.compacted:
        raise expired_page(_token(start, NOW))
    return version, start
