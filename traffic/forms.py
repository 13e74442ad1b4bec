"""What people send about traffic. What is right is decided by `traffic.actions`; these only carry it."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clusters.forms import CheckedForm, TypedForm, WhyForm
from journal.core.reasons import FieldErrors
from journal.sentences import sentence
from traffic.marks import CLASS_NAMES, REDUNDANCY_NAMES

LIST_MAX = 2**20
TEXT = {"autocomplete": "off", "spellcheck": "false"}


class TrafficForm(CheckedForm):
    """A form whose errors come from an action: that of `hostnames[1]` stands at `hostnames`."""

    def tell(self, wrong: FieldErrors) -> None:
        """Put each error at its field; below one with several values, all of them."""
        for path, reason in wrong.errors:
            self.add_error(self._field(path), sentence(reason))

    def _field(self, path: str) -> str | None:
        for name in (path, path.partition("[")[0], path.partition(".")[0]):
            if name in self.fields:
                return name
        return None


def one_line(label: Any, help_text: Any = "", **attrs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={**TEXT, **attrs})
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)


def lines(label: Any, help_text: Any = "", rows: int = 3) -> forms.CharField:
    widget = forms.Textarea(attrs={**TEXT, "rows": rows, "class": "code"})
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)


def words_of(text: str) -> list[str]:
    """What stands on lines of its own, or apart by commas or spaces; nothing else parts words unseen.

    >>> words_of("a.example, b.example\\r\\nc\\u2028d")
    ['a.example', 'b.example', 'c\\u2028d']
    """
    return [word for word in re.split(r"[ \t\r\n,]+", text) if word]


class WriterForm(TrafficForm):
    """What may give the data of a Route another writer: it asks for the name of the Route where they have one only."""

    confirm = one_line(
        _("Type the name of the Route"),
        _("Where another Prod takes over: the old one has stopped writing its data."),
        maxlength=63,
    )

    def __init__(self, *args: Any, single_writer: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not single_writer:
            del self.fields["confirm"]

    def confirmed(self) -> str:
        """What was typed."""
        return str(self.cleaned_data.get("confirm", ""))


class WeightsForm(WriterForm):
    """A weight for each member, as `weights.PROD`; `epoch` is the one that the person has read."""

    epoch = forms.CharField(required=False, widget=forms.HiddenInput)
    for_good = forms.BooleanField(
        required=False,
        label=_("Also in normal times"),
        help_text=_("Otherwise a release or a failback brings the weights of normal times back."),
    )
    reason = WhyForm.base_fields["reason"]

    def __init__(self, *args: Any, members: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for member in members:
            limits = {"min": 0, "max": 100, "step": 1, "inputmode": "numeric", "data-weight": member.prod}
            self.fields[f"weights.{member.prod}"] = forms.CharField(
                label=member.prod,
                required=False,
                initial=str(member.weight),
                widget=forms.NumberInput(attrs={**limits, "autocomplete": "off"}),
            )
        self.members = tuple(members)

    def weights(self) -> dict[str, str]:
        """Prod -> what was typed."""
        return {member.prod: self.cleaned_data[f"weights.{member.prod}"] for member in self.members}

    def lines(self) -> list[tuple[Any, Any]]:
        """(member, its field), in order."""
        return [(member, self[f"weights.{member.prod}"]) for member in self.members]


class ReturnForm(WriterForm):
    """The way back; `seen` is the epoch that the person has read."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = WhyForm.base_fields["reason"]


class AdoptForm(WriterForm):
    """What a router shows is taken over; `digest` is of what the person has read."""

    confirm = one_line(
        _("Type the names of the Routes that get another writer"),
        _("Apart by spaces. The old ones have stopped writing their data."),
    )
    digest = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = WhyForm.base_fields["reason"]


class TenantForm(TrafficForm):
    """What a Tenant is."""

    hostnames = lines(_("Hostnames"), _("One a line, in lower case, without wildcards."))
    load = one_line(_("Load"), _("In load units, a whole number."), inputmode="numeric")
    redundancy = forms.ChoiceField(label=_("Redundancy"), required=False)
    data_class = forms.ChoiceField(
        label=_("Data"),
        required=False,
        help_text=_(
            "A single writer moves only once a person vouches that the old Prod has stopped writing."
        ),
    )
    pins = one_line(
        _("Pinned to these Prods"),
        _("The only ones that may ever serve it, in a failover too: names, apart by commas. Empty: any."),
    )
    read_as = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["redundancy"].choices = list(REDUNDANCY_NAMES.items())
        self.fields["data_class"].choices = list(CLASS_NAMES.items())

    def given(self) -> dict[str, Any]:
        """What the actions take."""
        cleaned = self.cleaned_data
        return {
            "hostnames": words_of(cleaned["hostnames"]),
            "load": cleaned["load"],
            "redundancy": cleaned["redundancy"],
            "data_class": cleaned["data_class"],
            "pins": words_of(cleaned["pins"]),
        }


class ChangeTenantForm(TenantForm):
    """Other facts about a Tenant."""

    confirm = one_line(
        _("Type the name of the Tenant"),
        _("Where a single writer moves by it: the old Prod has stopped writing its data."),
        maxlength=63,
    )

    def given(self) -> dict[str, Any]:
        """What `change_tenant` takes."""
        return {**super().given(), "confirm": self.cleaned_data["confirm"]}


class PlaceForm(TrafficForm):
    """Where a Tenant goes: a Route by name, or Prods among which one is found; both may be empty. `digest` is of what the
    person has been shown."""

    route = one_line(_("Route"), _("Empty: one is found, or made, where there is most room."), maxlength=63)
    prods = one_line(
        _("Put it on one of these Prods"),
        _("Names, apart by commas. Empty: any that fit. It binds nobody later."),
    )
    digest = forms.CharField(required=False, widget=forms.HiddenInput)

    def place(self) -> dict[str, Any]:
        """What the actions take."""
        cleaned = self.cleaned_data
        return {
            "route": cleaned["route"],
            "prods": words_of(cleaned["prods"]),
            "digest": cleaned["digest"],
        }


class NewTenantForm(PlaceForm, TenantForm):
    """A new Tenant, and where it goes."""

    name = one_line(
        _("Name"), _("Lower-case letters, digits and dashes. It cannot be changed."), maxlength=63
    )
    blueprint = one_line(
        _("Blueprint"), _("Of the Prods that may serve it. Empty: the only one."), maxlength=63
    )
    field_order = (
        "name",
        "hostnames",
        "load",
        "redundancy",
        "data_class",
        "pins",
        "route",
        "prods",
        "blueprint",
    )

    def wanted(self) -> dict[str, Any]:
        """What `add_tenant` takes."""
        named = {"name": self.cleaned_data["name"], "blueprint": self.cleaned_data["blueprint"]}
        return {**named, **self.given(), **self.place()}


class MoveForm(PlaceForm):
    """A Tenant that goes to another Route."""

    confirm = one_line(
        _("Type the name of the Tenant"), _("The old Prod has stopped writing its data."), maxlength=63
    )
    reason = WhyForm.base_fields["reason"]

    def __init__(self, *args: Any, single_writer: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not single_writer:
            del self.fields["confirm"]

    def given(self) -> dict[str, Any]:
        """What `move_tenant` takes."""
        confirm = {"confirm": self.cleaned_data["confirm"]} if "confirm" in self.fields else {}
        return {**self.place(), **confirm, "reason": self.cleaned_data["reason"]}


class TenantListForm(TrafficForm):
    """A list of Tenants, written here or from a file; the file wins. `digest` is of what the person has seen."""

    data: Any

    text = forms.CharField(
        label=_("The list"),
        required=False,
        strip=False,
        max_length=LIST_MAX,
        help_text=_(
            "CSV whose first line names the columns: name, hostnames (apart by spaces), and if you like load, redundancy, "
            "data_class, blueprint, pins (apart by spaces). Or one JSON object with these fields a line."
        ),
        widget=forms.Textarea(attrs={**TEXT, "rows": 12, "class": "code"}),
    )
    file = forms.FileField(label=_("A file"), required=False, help_text=_("At most 1 MiB, in UTF-8."))
    digest = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_file(self) -> str:
        """The text of the file; "" for none."""
        given = self.cleaned_data.get("file")
        if given and given.size > LIST_MAX:
            raise forms.ValidationError(_("The file is larger than 1 MiB."))
        try:
            return str(given.read().decode()) if given else ""
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("The file is no text in UTF-8.")) from error

    def clean(self) -> dict[str, Any]:
        """The file becomes the text, here and where it is shown again."""
        self.cleaned_data["text"] = self.cleaned_data.get("file") or self.cleaned_data.get("text") or ""
        self.data = self.data.copy()
        self.data["text"] = self.cleaned_data["text"]
        return self.cleaned_data

    def tell(self, wrong: FieldErrors) -> None:
        """Put each error at the text, with its line and field."""
        for path, reason in wrong.errors:
            place = re.fullmatch(r"text\[(\d+)\](?:\.(.+))?", path)
            line, field = place.groups() if place else (None, None)
            what = {"line": line, "field": field, "what": sentence(reason)}
            told = _("Line %(line)s, %(field)s: %(what)s") if field else _("Line %(line)s: %(what)s")
            self.add_error("text", told % what if line else sentence(reason))


class RemoveTenantForm(TypedForm):
    """A Tenant that goes: its name has to be typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["typed"].label = _("Type the name of the Tenant")
