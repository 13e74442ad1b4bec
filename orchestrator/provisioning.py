"""From prod.yaml to running Prods, for `manage.py apply` and the demo: the same action that pages and API call."""

from releases.actions.provision import apply_specs

__all__ = ["apply_specs"]
