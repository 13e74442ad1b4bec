"""What people send about routers. What is right is decided by `traffic.actions`; these only carry it."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clusters.forms import SecretText
from clusters.models import Cluster
from traffic.forms import TEXT, TrafficForm, lines, one_line
from traffic.marks import KIND_NAMES


class InstanceForm(TrafficForm):
    """A router instance. Secrets are never sent back."""

    prefix_of_errors = ""

    instance_name = one_line(_("Name of the instance"), _("Unique among all routers."), maxlength=63)
    failure_domain = one_line(
        _("Failure domain"),
        _("What fails together: two instances should be in different ones."),
        maxlength=63,
    )
    cluster = forms.ChoiceField(
        label=_("Cluster"), required=False, help_text=_("For Gateway API and ExternalDNS.")
    )
    settings = lines(_("Settings"), _("A JSON object; what it may hold depends on the kind."), rows=5)
    access_key_id = one_line(
        _("Access key id"), _("For Route 53. Empty: the role of Drover's own processes.")
    )
    secret_access_key = forms.CharField(
        label=_("Secret access key"), required=False, widget=SecretText(attrs={**TEXT, "rows": 1})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = (
            Cluster.objects.exclude(intent=Cluster.Intent.RETIRED)
            .order_by("name")
            .values_list("name", flat=True)
        )
        self.fields["cluster"].choices = [("", _("none")), *((name, name) for name in names)]

    def _field(self, path: str) -> str | None:
        mine = path.removeprefix(self.prefix_of_errors)
        if mine != path or not self.prefix_of_errors:
            path = "instance_name" if mine == "name" else mine.removeprefix("credentials.")
        return super()._field(path)

    def clean_settings(self) -> Any:
        """The object; {} for an empty field."""
        text = self.cleaned_data["settings"].strip()
        try:
            return json.loads(text) if text else {}
        except (ValueError, RecursionError) as e:  # or nested too deep
            raise forms.ValidationError(_("This is no JSON: check quotes, commas and braces.")) from e

    def instance(self) -> dict[str, Any]:
        """What the actions take."""
        cleaned = self.cleaned_data
        keys = {key: cleaned[key] for key in ("access_key_id", "secret_access_key") if cleaned[key]}
        return {
            "name": cleaned["instance_name"],
            "failure_domain": cleaned["failure_domain"],
            "cluster": cleaned["cluster"],
            "settings": cleaned["settings"],
            "credentials": keys,
        }


class RouterForm(InstanceForm):
    """A new Router with its first instance."""

    prefix_of_errors = "instances[0]."
    name = one_line(
        _("Name"), _("Lower-case letters, digits and dashes. It cannot be changed."), maxlength=63
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    field_order = ("name", "kind", "instance_name", "failure_domain", "cluster", "settings")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = list(KIND_NAMES.items())


class RoutesForm(TrafficForm):
    """Which Routes."""

    routes = forms.MultipleChoiceField(label=_("Routes"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, names: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["routes"].choices = [(name, name) for name in names]


class RemoveForm(TrafficForm):
    """An instance that goes: its name has to be typed."""

    typed = forms.CharField(
        max_length=63, label=_("Type the name of the instance"), widget=forms.TextInput(attrs=TEXT)
    )
    forget = forms.BooleanField(
        required=False,
        label=_("It will never answer again"),
        help_text=_("What it holds is left there, and Drover forgets it."),
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name = name

    def clean_typed(self) -> str:
        """The name, exactly."""
        typed = str(self.cleaned_data["typed"])
        if typed != self._name:
            raise forms.ValidationError(_("This is not its name. Nothing was changed."))
        return typed
