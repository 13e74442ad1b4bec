"""What people send about one Prod: its definition, its overrides, its facts, and that it may go."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clusters.core.prod_yaml import ProdSpec, parse_overrides, parse_prods
from clusters.core.yaml_text import BYTES_MAX, BadFile, Problem, load_documents
from clusters.models import Prod
from journal.core.reasons import FieldErrors, because
from journal.sentences import sentence

CODE = {"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off", "class": "code"}
MOST_SAID = 20


def told(error: FieldErrors) -> list[str]:
    """One line for each wrong field; the first few."""
    lines = [f"{path}: {sentence(reason)}" if path else sentence(reason) for path, reason in error.errors]
    return lines[:MOST_SAID]


class PlainForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)


class NewProdForm(PlainForm):
    """A prod.yaml, written here or from a file; the file wins."""

    file = forms.FileField(required=False, label=_("A file"), help_text=_("At most 1 MiB of YAML."))
    text = forms.CharField(
        required=False,
        strip=False,
        max_length=BYTES_MAX,
        label=_("prod.yaml"),
        help_text=_("One document for each Prod, apart by ---. What you see is an example to change."),
        widget=forms.Textarea(attrs={"rows": 22, **CODE}),
    )
    specs: tuple[ProdSpec, ...] = ()

    def clean_file(self) -> str:
        """The text of the file; empty for none."""
        given = self.cleaned_data.get("file")
        if not given:
            return ""
        if given.size > BYTES_MAX:
            raise forms.ValidationError(_("The file is larger than 1 MiB."))
        try:
            return str(given.read().decode())
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("The file is no text in UTF-8.")) from error

    def clean(self) -> dict[str, Any]:
        """Adds `specs`, or every problem of the text."""
        if self.errors:
            return self.cleaned_data
        text = self.cleaned_data.get("file") or self.cleaned_data.get("text") or ""
        self.cleaned_data["text"] = text
        try:
            self.specs = parse_prods(text)
        except FieldErrors as wrong:
            self.add_error("text", told(wrong))
        return self.cleaned_data


class ChangeForm(PlainForm):
    """All overrides of a Prod as YAML."""

    overrides = forms.CharField(
        required=False,
        strip=False,
        max_length=BYTES_MAX,
        label=_("Overrides"),
        help_text=_("All that the Prod is to have of its own: replicas, labels, patches. Empty: nothing."),
        widget=forms.Textarea(attrs={"rows": 14, **CODE}),
    )
    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Why?"),
        help_text=_("One sentence for those who read this later."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    digest = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean_overrides(self) -> str:
        """The text, if it is one document of overrides; `asked` has what it says."""
        text: str = self.cleaned_data["overrides"]
        try:
            self.asked = one_document(text)
            parse_overrides(self.asked)
        except FieldErrors as wrong:
            raise forms.ValidationError(told(wrong)) from wrong
        return text


def one_document(text: str) -> Any:
    """The one document of `text`; None for none. Raises FieldErrors."""
    found = [item for item in load_documents(text) if item is not None]
    if len(found) > 1:
        raise BadFile((Problem("", because("one-document", documents=len(found))),))
    return found[0] if found else None


class ScaleForm(PlainForm):
    """Replicas of one component."""

    component = forms.ChoiceField(label=_("Component"))
    replicas = forms.IntegerField(label=_("Replicas"), min_value=0, max_value=10000)

    def __init__(self, *args: Any, components: dict[str, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["component"].choices = [
            (name, _("%(name)s (now %(replicas)s)") % {"name": name, "replicas": replicas})
            for name, replicas in components.items()
        ]


class FactsForm(PlainForm):
    """What Drover knows of a Prod and its Cluster does not."""

    role = forms.ChoiceField(label=_("Role"), choices=[(role, role) for role in Prod.Role.values])
    capacity = forms.IntegerField(
        label=_("Capacity"), min_value=1, max_value=2**31 - 1, help_text=_("Load units that it can carry.")
    )
    endpoint = forms.CharField(
        label=_("Endpoint"),
        required=False,
        max_length=200,
        help_text=_("Where requests are sent to. Empty: as the status of its Service says."),
    )


class RetireForm(PlainForm):
    """The name of the Prod, typed, and why it goes."""

    confirm = forms.CharField(
        label=_("Type the name of the Prod"),
        max_length=63,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        label=_("Why?"),
        min_length=3,
        max_length=1000,
        help_text=_("One sentence for those who read this later."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
