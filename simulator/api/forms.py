"""The form in which a client wants its answer: as it is, as a Table, as metadata alone; in JSON or YAML.

Source: k8s.io/apiserver/pkg/endpoints/handlers/negotiation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import orjson
import yaml

from simulator.errors import ApiError
from simulator.values import Obj
from simulator.wire.messages import Request, Response, json_response

TABLE, METADATA, METADATA_LIST = "Table", "PartialObjectMetadata", "PartialObjectMetadataList"
SERVED = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
ANY = ("", "*/*", "application/*")
VERSIONS = ("v1", "v1beta1")


@dataclass(frozen=True, slots=True)
class Form:
    """`what` is "" for the object itself; protobuf is answered in JSON."""

    what: str = ""
    version: str = "v1"
    in_yaml: bool = False


@lru_cache(maxsize=256)
def form_of(accept: str) -> Form | None:
    """The first form in an Accept header that there is; None when there is none.

    >>> form_of("application/json;as=Table;v=v9;g=meta.k8s.io,application/json"), form_of("text/html")
    (Form(what='', version='v1', in_yaml=False), None)
    """
    for clause in accept.split(","):
        media, *rest = (part.strip() for part in clause.split(";"))
        if media not in SERVED and media not in ANY:
            continue
        options = dict(part.partition("=")[::2] for part in rest)
        what, version = options.get("as", ""), options.get("v", "v1")
        known = what in (TABLE, METADATA, METADATA_LIST) and options.get("g") == "meta.k8s.io"
        if not what or (known and version in VERSIONS):
            return Form(what, version, media == "application/yaml")
    return None


def asked_form(request: Request) -> Form:
    """The form that a request asks for; as it is when nothing fits."""
    return form_of(request.headers.get("accept", "")) or Form()


def check_acceptable(request: Request) -> None:
    """406 when the client accepts nothing that there is."""
    accept = request.headers.get("accept", "")
    if form_of(accept) is not None:
        return
    listed = ", ".join(SERVED)
    if "application/" in accept:
        raise not_acceptable(f"only the following media types are accepted: {listed}")
    raise ApiError(406, "NotAcceptable", f"406: Not Acceptable\n\nAvailable representations: {listed}", {})


def not_acceptable(why: str) -> ApiError:
    """406."""
    return ApiError(406, "NotAcceptable", why)


def metadata_of(obj: Obj, form: Form) -> Obj:
    """The object without anything but its metadata."""
    return {"kind": METADATA, "apiVersion": f"meta.k8s.io/{form.version}", "metadata": obj["metadata"]}


def response_of(value: Obj, form: Form, status: int = 200) -> Response:
    """The answer in JSON or YAML."""
    if not form.in_yaml:
        return json_response(value, status)
    text = yaml.safe_dump(orjson.loads(orjson.dumps(value)), allow_unicode=True)
    return Response(status, text.encode(), "application/yaml")
