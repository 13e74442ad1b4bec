"""What the schema says of a view besides its shapes: the right that each operation takes."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from .conditional import UNSAFE, Conditional


class Operation(AutoSchema):
    """drf-spectacular's, with `x-action`: the row of the permission table, `x-conditional` where If-Match is
    honoured, and `x-must-match` where it is needed."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            action = getattr(self.view, "permits", {}).get(self.method.upper())
            if action:
                operation["x-action"] = action
            if self.method.upper() in UNSAFE and isinstance(self.view, Conditional):
                operation["x-conditional"] = True
            if self.method.upper() in getattr(self.view, "must_match", ()):
                operation["x-must-match"] = True
        return operation

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Any:
        """A field that answers None where there is nothing may be null."""
        if direction == "response" and field.default is None:
            field.allow_null = True
        return super()._map_serializer_field(field, direction, bypass_extensions)
