"""What people send about a Cluster. What is right is decided by `clusters.core.registration`."""

from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from clusters.core.credentials import Credentials
from clusters.core.kubeconfig import contexts_of
from clusters.core.registration import (
    ACCESS,
    FACTS,
    SECRETS,
    Facts,
    read_credentials,
    read_facts,
    read_name,
)
from clusters.marks import ACCESS_NAMES, PURPOSE_NAMES
from clusters.vault import seal, unseal
from journal.core.reasons import FieldErrors, Refused, because
from journal.sentences import sentence

FILE_MAX: Final = 256 * 1024
SEALED_FOR_S: Final = 15 * 60
ACCESS_CHOICES = [(str(key), name) for key, name in ACCESS_NAMES.items()]
PURPOSE_CHOICES = [(str(key), name) for key, name in PURPOSE_NAMES.items()]


class SecretText(forms.Textarea):
    """A text that is never sent back."""

    def format_value(self, value: Any) -> str:  # noqa: ARG002
        return ""


def _text(label: Any, help_text: Any = "", **attrs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attrs})
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)


def _area(label: Any, help_text: Any = "", *, secret: bool = False) -> forms.CharField:
    attrs = {"rows": 4, "autocomplete": "off", "spellcheck": "false", "class": "code"}
    widget = SecretText(attrs=attrs) if secret else forms.Textarea(attrs=attrs)
    return forms.CharField(label=label, help_text=help_text, required=False, strip=False, widget=widget)


def _secret(label: Any, help_text: Any = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)


class CheckedForm(forms.Form):
    """A form whose fields are read by a function that raises FieldErrors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)

    def tell(self, wrong: FieldErrors) -> None:
        """Put each error at its field; one that has an error already keeps it."""
        for path, reason in wrong.errors:
            if path not in self.errors:
                self.add_error(path if path in self.fields else None, sentence(reason))


class FactsForm(CheckedForm):
    """What a Cluster is. `facts` is what was read; `read_as` is the digest of what the person saw."""

    provider = _text(_("Provider"), _("Such as eks, gke, aks or on-premises."), maxlength=40)
    region = _text(_("Region"), _("May be empty."), maxlength=63)
    failure_domain = _text(
        _("Failure domain"),
        _("What fails together: Prods in different ones can stand in for each other."),
        maxlength=63,
    )
    purpose = forms.ChoiceField(
        label=_("Purpose"), choices=PURPOSE_CHOICES, initial="workload", required=False
    )
    read_as = forms.CharField(required=False, widget=forms.HiddenInput)

    facts: Facts

    def clean(self) -> dict[str, Any]:
        """Reads the facts."""
        try:
            self.facts = read_facts(
                {field: self.cleaned_data.get(field) or "" for field in FACTS if field in self.cleaned_data}
            )
        except FieldErrors as wrong:
            self.tell(wrong)
        return self.cleaned_data


class CredentialsForm(CheckedForm):
    """How a Cluster is reached. `credentials` is what was read; what belongs to another way is left out."""

    access = forms.ChoiceField(
        label=_("How to connect"),
        choices=ACCESS_CHOICES,
        initial="kubeconfig",
        required=False,
        widget=forms.RadioSelect,
    )
    kubeconfig_file = forms.FileField(label=_("Kubeconfig file"), required=False, allow_empty_file=True)
    kubeconfig = _area(
        _("… or its text"),
        _("Only data is taken: no programs, no paths, no skipped checks. One context of it is used."),
        secret=True,
    )
    sealed = forms.CharField(required=False, widget=forms.HiddenInput)
    context = _text(_("Context"), _("Needed if the file has several."))
    server = _text(
        _("Server"), _("https://host:port. For EKS it may be empty: AWS is asked."), inputmode="url"
    )
    ca = _area(_("CA certificate"), _("PEM. Empty: one of the public authorities, or for EKS what AWS says."))
    token = _secret(_("Token"), _("Of a service account with the rights of deploy/clusters/."))
    client_certificate = _area(_("Client certificate"), _("PEM."))
    client_key = _area(_("Client key"), _("PEM, without a password."), secret=True)
    eks_cluster = _text(_("Name of the EKS cluster"), maxlength=100)
    aws_region = _text(_("AWS region"), _("Such as eu-central-1."))
    access_key_id = _text(_("Access key id"), _("Empty: the environment or role of Drover's own processes."))
    secret_access_key = _secret(_("Secret access key"))

    credentials: Credentials

    def __init__(self, *args: Any, person_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._purpose = f"kubeconfig:{person_id}"
        self.kept = ""  # the sealed kubeconfig that the page carries on
        self.in_cluster_allowed: bool = settings.IN_CLUSTER

    def clean_kubeconfig_file(self) -> str:
        """The text of the file, "" if there is none."""
        upload = self.cleaned_data["kubeconfig_file"]
        if not upload:
            return ""
        if upload.size > FILE_MAX:
            raise forms.ValidationError(sentence(because("file-too-large", limit_kib=FILE_MAX // 1024)))
        try:
            return str(upload.read().decode("utf-8"))
        except UnicodeDecodeError as e:
            raise forms.ValidationError(sentence(because("yaml-unreadable"))) from e

    def clean(self) -> dict[str, Any]:
        """Reads the credentials."""
        super().clean()
        access = self.cleaned_data.get("access") or ""
        texts = {field: self.cleaned_data.get(field) or "" for field in ACCESS.get(access, ())}
        if access == "kubeconfig":
            texts["kubeconfig"] = self._kubeconfig()
            self._offer_contexts(texts["kubeconfig"])
        if self.errors.keys() & {*texts, "access", "kubeconfig_file"}:
            return self.cleaned_data
        try:
            self.credentials = read_credentials(access, texts, in_cluster_allowed=self.in_cluster_allowed)
        except FieldErrors as wrong:
            self.tell(wrong)
        return self.cleaned_data

    def _kubeconfig(self) -> str:
        """The file, else the text, else what the page carried on."""
        given = self.cleaned_data.get("kubeconfig_file") or self.cleaned_data.get("kubeconfig") or ""
        return given or unseal(self.cleaned_data.get("sealed") or "", self._purpose, SEALED_FOR_S)

    def _offer_contexts(self, text: str) -> None:
        """Let one of several contexts be chosen, without giving the file again."""
        try:
            names = contexts_of(text) if 0 < len(text) <= FILE_MAX else ()
        except Refused:
            return
        if names:
            self.kept = seal(text, self._purpose)
        if len(names) > 1:
            choices = [("", _("Choose one")), *((name, name) for name in names)]
            self.fields["context"].widget = forms.Select(choices=choices)

    def secrets_given(self) -> bool:
        """Whether a secret was given that the page does not show again."""
        return any(self.data.get(field) for field in SECRETS)


class RegisterForm(CredentialsForm, FactsForm):
    """A new Cluster: name, facts, credentials."""

    name = _text(_("Name"), _("Lower-case letters, digits and dashes. It cannot be changed."), maxlength=63)
    field_order = ("name", "provider", "region", "failure_domain", "purpose", "access")

    def clean(self) -> dict[str, Any]:
        """Reads the name too."""
        try:
            read_name(self.cleaned_data.get("name") or "")
        except FieldErrors as wrong:
            self.tell(wrong)
        return super().clean()


class WhyForm(CheckedForm):
    """An optional reason for an act."""

    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Why?"),
        help_text=_("One sentence for those who read this later. May be empty."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class TypedForm(WhyForm):
    """An act that cannot be undone: the name has to be typed."""

    typed = forms.CharField(
        max_length=63,
        label=_("Type the name of the cluster"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name = name
        self.order_fields(("typed", "reason"))

    def clean_typed(self) -> str:
        """The name, exactly."""
        typed = str(self.cleaned_data["typed"])
        if typed != self._name:
            raise forms.ValidationError(_("This is not its name. Nothing was changed."))
        return typed
