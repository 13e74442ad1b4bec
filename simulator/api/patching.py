"""The patch types other than apply."""

from __future__ import annotations

from typing import Any

from simulator.api.bodies import check_identity
from simulator.api.target import Target
from simulator.errors import ApiError, bad_request, unsupported_media_type
from simulator.patches.json_patch import PatchFailed, json_patched
from simulator.patches.merge_patch import merge_patched
from simulator.patches.strategic import PatchRefused, strategic_patched
from simulator.values import Obj

# The last is for built-in kinds alone.
PATCH_TYPES = ("application/json-patch+json", "application/merge-patch+json",
               "application/apply-patch+yaml", "application/strategic-merge-patch+json")  # fmt: skip


def patched(live: Obj, patch: Any, content_type: str, target: Target) -> Obj:
    """A changed copy; 415 for an unknown type, 422 or 400 for a patch that does not fit."""
    try:
        if content_type == "application/json-patch+json":
            if not isinstance(patch, list):
                raise bad_request(
                    "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
                )
            result = json_patched(live, patch)
        elif content_type == "application/merge-patch+json":
            result = merge_patched(live, patch)
        elif content_type == "application/strategic-merge-patch+json" and not target.kind.custom:
            result = strategic_patched(live, patch, target.kind.schema)
        else:
            raise unsupported_media_type(PATCH_TYPES[:3] if target.kind.custom else PATCH_TYPES)
    except PatchRefused as error:
        raise ApiError(500, "", str(error)) from error
    except PatchFailed as error:
        if content_type == "application/json-patch+json":
            words = "the server rejected our request due to an error in our request"
            raise ApiError(422, "Invalid", words, {}) from error
        raise bad_request(str(error)) from error
    if not isinstance(result, dict):
        raise bad_request("the patch does not leave an object")
    check_identity(result, target)
    return result
