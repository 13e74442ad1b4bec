"""POST, PUT, PATCH and DELETE."""

from __future__ import annotations

from dataclasses import replace

from simulator.api.bodies import media_type, parse_body, parse_object
from simulator.api.field_validation import check_applied, check_fields, not_converted, warned
from simulator.api.options import check_write_options, delete_options
from simulator.api.patching import patched
from simulator.api.reads import predicate_of, shown, stored_object
from simulator.api.scale import scale_of, scaled
from simulator.api.target import Target, is_dry_run
from simulator.errors import ApiError, bad_request, invalid, invalid_options, method_not_allowed, not_found
from simulator.kinds.kind import Cause
from simulator.lifecycle.backend import Author, Backend
from simulator.lifecycle.creation import WrongType, create
from simulator.lifecycle.deletion import DeleteOptions, delete, parse_options
from simulator.lifecycle.updating import update
from simulator.patches.apply import ApplyConflict, applied
from simulator.patches.fields import dotted
from simulator.patches.managers import UPDATE, Manager
from simulator.values import Obj
from simulator.wire.messages import Request, Response, json_response

APPLY_TYPE = "application/apply-patch+yaml"


def author_of(request: Request, target: Target) -> Author:
    """The field manager: as asked, else the first word of the user agent, as upstream does."""
    agent = request.headers.get("user-agent", "unknown").split("/")[0] or "unknown"
    return Author(request.query.get("fieldManager") or agent, target.subresource, is_dry_run(request))


def create_object(backend: Backend, target: Target, request: Request) -> Response:
    """201 with the created object."""
    check_write_options(target, request)
    if target.namespace is None:
        raise method_not_allowed()
    if not request.body:
        raise bad_request(f"the object provided is unrecognized (must be of type {target.kind.kind}): couldn't get "
                          "version/kind; json parse error: unexpected end of JSON input (<empty>)")  # fmt: skip
    draft = target.kind.without_nulls(parse_object(request, target))
    warnings = check_fields(target, request, draft)
    obj = create(backend, target.kind, target.space, draft, author_of(request, target))
    response = warned(shown(target.kind, obj, request, 201), warnings)
    response.made = obj["metadata"]["name"]
    return response


def live_object(backend: Backend, target: Target) -> Obj:
    """The object the path names; 404."""
    return target.kind.seen(stored_object(backend.store, target))


def replace_object(backend: Backend, target: Target, request: Request) -> Response:
    """200 with the object as stored."""
    check_write_options(target, request)
    draft, live = parse_object(request, target), live_object(backend, target)
    if (
        target.kind.versioned
        and target.subresource != "scale"
        and not draft["metadata"].get("resourceVersion")
    ):
        cause = Cause("metadata.resourceVersion", "Invalid value: 0: must be specified for an update")
        raise invalid(replace(target.kind, kind=target.kind.plural), target.name, [cause])
    return _stored(backend, target, request, live, draft)


def patch_object(backend: Backend, target: Target, request: Request) -> Response:
    """200 with the patched object; an apply creates what is missing (201)."""
    by_apply = media_type(request) == APPLY_TYPE
    check_write_options(target, request, by_apply=by_apply)
    if by_apply:
        return _apply(backend, target, request)
    live = live_object(backend, target)
    base = scale_of(target.kind, live) if target.subresource == "scale" else live
    draft = patched(base, parse_body(request), media_type(request), target)
    return _stored(backend, target, request, live, draft)


def _stored(backend: Backend, target: Target, request: Request, live: Obj, draft: Obj) -> Response:
    if target.subresource == "scale":
        draft = scaled(target.kind, live, draft)
    elif target.subresource == "finalize":
        draft = {**live, "spec": draft.get("spec") or {}, "metadata": draft.get("metadata") or {}}
    warnings = check_fields(target, request, draft)
    by_patch = request.method == "PATCH"
    author = author_of(request, target)
    obj = update(backend, target.kind, live, target.kind.without_nulls(draft), author, by_patch=by_patch)
    if target.subresource == "scale":
        return json_response(scale_of(target.kind, obj))
    return warned(shown(target.kind, obj, request), warnings)


def _apply(backend: Backend, target: Target, request: Request) -> Response:
    config, author = parse_object(request, target), author_of(request, target)
    if not request.query.get("fieldManager"):
        message = "Required value: is required for apply patch"
        raise invalid_options("PatchOptions", Cause("fieldManager", message, "FieldValueRequired"))
    if config["metadata"].get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    force = request.query.get("force") in ("true", "1")
    config = check_applied(target, config)
    try:
        return _stored_by_apply(backend, target, request, config, author, force=force)
    except WrongType as error:
        raise not_converted(target, config, error.message) from error


def _stored_by_apply(
    backend: Backend, target: Target, request: Request, config: Obj, author: Author, *, force: bool
) -> Response:
    kind = target.kind
    stored = backend.store.get(kind.key, target.space, target.name)
    live = kind.seen(stored) if stored is not None else None
    if live is None:
        return _created_by_apply(backend, target, request, config, author)
    try:
        merged, managers = applied(live, config, author.manager, force, kind.schema, author.subresource)
    except ApplyConflict as clash:
        raise _apply_conflict(clash) from clash
    obj = update(backend, kind, live, kind.without_nulls(merged), author, managers)
    return shown(kind, obj, request)


def _created_by_apply(
    backend: Backend, target: Target, request: Request, config: Obj, author: Author
) -> Response:
    if target.subresource:
        raise not_found(target.kind, target.name)
    meta = config["metadata"]
    if meta.get("uid"):
        message = (f'Operation cannot be fulfilled on {target.kind.qualified} "{target.name}": uid mismatch: the '
                   f"provided object specified uid {meta['uid']}, and no existing object was found")  # fmt: skip
        raise ApiError(409, "Conflict", message, {"name": target.name, "kind": target.kind.plural})
    meta.pop("resourceVersion", None)  # upstream drops it too: a version alone does not fence a create
    meta["name"] = target.name
    merged, managers = applied({"metadata": {}}, config, author.manager, True, target.kind.schema)
    obj = create(backend, target.kind, target.space, merged, author, managers)
    return shown(target.kind, obj, request, 201)


def _apply_conflict(clash: ApplyConflict) -> ApiError:
    """409 with a cause per field. Source: managedfields/internal/conflict.go."""
    found = [(_manager_text(manager), path) for manager, fields in clash.conflicts for path in dotted(fields)]
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": path}
        for who, path in found
    ]
    if len(found) == 1:
        message = f"Apply failed with 1 conflict: conflict with {found[0][0]}: {found[0][1]}"
        return ApiError(409, "Conflict", message, {"causes": causes})
    lines = []
    for who in sorted({who for who, _ in found}):
        lines += [f"conflicts with {who}:", *(f"- {path}" for other, path in found if other == who)]
    message = f"Apply failed with {len(found)} conflicts: " + "\n".join(lines)
    return ApiError(409, "Conflict", message, {"causes": causes})


def _manager_text(manager: Manager) -> str:
    text = f'"{manager.name}"'
    if manager.subresource:
        text += f' with subresource "{manager.subresource}"'
    if manager.operation == UPDATE:
        text += f" using {manager.api_version}"
    return text


def _delete_options(request: Request, target: Target) -> DeleteOptions:
    asked = delete_options(request, parse_body(request) or {})
    return parse_options(asked, is_dry_run(request, asked, asked_by_query=False), target.kind.dependents)


def delete_object(backend: Backend, target: Target, request: Request) -> Response:
    """200 with a Success Status when the object is gone, else with the object that is going."""
    options = _delete_options(request, target)
    obj, gone = delete(backend, target.kind, live_object(backend, target), options)
    if not gone or (options.dry_run and target.kind.graceful):
        return shown(target.kind, obj, request)
    meta = obj["metadata"]
    details = {
        "name": meta["name"],
        "group": target.kind.group,
        "kind": target.kind.plural,
        "uid": meta["uid"],
    }
    if not target.kind.group:
        del details["group"]
    return json_response(
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
    )


def delete_collection(backend: Backend, target: Target, request: Request) -> Response:
    """200 with the list of what was deleted."""
    options = _delete_options(request, target)
    predicate = predicate_of(target, request)
    found = [obj for obj in backend.store.listed(target.kind.key, target.namespace) if predicate(obj)]
    items = [delete(backend, target.kind, obj, options)[0] for obj in found]
    meta = {"resourceVersion": str(backend.store.version)}
    kind = target.kind
    return json_response(
        {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": meta, "items": items}
    )
