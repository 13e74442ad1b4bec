"""What people send about a Blueprint or a Version. What is right is decided by core and actions."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext as told
from django.utils.translation import gettext_lazy as _

from clusters.core.checked import Checked, checked_text
from clusters.core.promises import GO_BACK_UNTIL
from clusters.core.yaml_text import BYTES_MAX
from journal.core.reasons import FieldErrors
from journal.sentences import sentence

PLAIN = {"autocomplete": "off", "spellcheck": "false"}
ROLLBACKS = [
    ("safe", _("At any time")),
    ("until", _("Until a step is done, for each Prod by itself")),
    ("never", _("Never: what it does to data cannot be taken back")),
]
STEPS = {"set_version": _("Apply the Version"), "wait_ready": _("Wait until ready"), "soak": _("Watch")}


class _Told(forms.Form):
    """A form to which an action's errors can be added, by field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)

    def tell(self, wrong: FieldErrors) -> None:
        """Put each error to its field; those of no field of ours stand above the form."""
        for path, reason in wrong.errors:
            self.add_error(path if path in self.fields else None, sentence(reason))


class RevisionForm(_Told):
    """The text of a revision, typed or as a file, with what the check found in it (`checked`)."""

    name = forms.CharField(
        label=_("Name"),
        max_length=63,
        widget=forms.TextInput(attrs=PLAIN),
        help_text=_("Lower-case letters, digits and dashes. It stays for ever."),
    )
    text = forms.CharField(
        label=_("Manifests"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={**PLAIN, "rows": 28, "class": "code", "wrap": "off"}),
        help_text=_("YAML, as `helm template` or `kustomize build` print it, without namespaces."),
    )
    file = forms.FileField(
        label=_("Or a file"), required=False, help_text=_("It takes the place of the text above.")
    )
    note = forms.CharField(
        label=_("What does it change?"),
        max_length=200,
        required=False,
        help_text=_("One line for those who compare revisions later."),
    )
    base = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    data: QueryDict

    def __init__(self, *args: Any, new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.checked: Checked | None = None
        if not new:
            del self.fields["name"]

    def clean(self) -> dict[str, Any]:
        """Looks at the text as a whole. What is wrong in it is no error of a field: it has a line."""
        upload = self.cleaned_data.get("file")
        text = self._read(upload) if upload else self.cleaned_data.get("text", "")
        text = text.replace("\r\n", "\n")
        if upload:
            self.data = self.data.copy()
            self.data["text"] = text
        if "file" not in self.errors and not text.strip():
            self.add_error("text", _("Paste the manifests, or choose a file."))
        elif text:
            self.checked = checked_text(text, settings.CUSTOM_KINDS)
        return {**self.cleaned_data, "text": text}

    def _read(self, upload: UploadedFile) -> str:
        if (upload.size or 0) > BYTES_MAX:
            limit = told("The file is larger than %(limit)s KiB.") % {"limit": BYTES_MAX // 1024}
            self.add_error("file", limit)
            return ""
        try:
            return upload.read().decode()
        except UnicodeDecodeError:
            self.add_error("file", _("This is no text in UTF-8."))
            return ""


class VersionForm(_Told):
    """A Version on one revision: an image for each of its components, and what it promises."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        widget=forms.TextInput(attrs=PLAIN),
        help_text=_("Such as v1.2.0. It stands for this content for ever."),
    )
    rollback = forms.ChoiceField(label=_("Going back from it"), choices=ROLLBACKS, initial="safe")
    rollback_until = forms.ChoiceField(
        label=_("Until which step is done"),
        choices=[("", "–"), *((step, STEPS[step]) for step in GO_BACK_UNTIL)],
        required=False,
        help_text=_("Only where going back ends with a step."),
    )
    shares_data_with = forms.CharField(
        label=_("Shares its data with"),
        max_length=2000,
        required=False,
        widget=forms.TextInput(attrs=PLAIN),
        help_text=_(
            "Names of Versions, separated by commas; * for any. Where a Prod cannot go back to what it came "
            "from, a rollback takes only these."
        ),
    )

    def __init__(self, *args: Any, components: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.images = {component: f"images.{component}" for component in components}
        for component, field in self.images.items():
            widget = forms.TextInput(attrs={**PLAIN, "class": "code"})
            self.fields[field] = forms.CharField(label=component, max_length=512, widget=widget)

    def image_fields(self) -> list[forms.BoundField]:
        """The field of each component."""
        return [self[field] for field in self.images.values()]

    def content(self) -> dict[str, Any]:
        """What `create_version` takes."""
        given = self.cleaned_data
        shares = [name for part in given["shares_data_with"].split(",") if (name := part.strip())]
        return {
            "name": given["name"],
            "images": {component: given[field] for component, field in self.images.items()},
            "rollback": given["rollback"],
            "rollback_until": given["rollback_until"],
            "shares_data_with": shares,
        }
