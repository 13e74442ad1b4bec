"""What a Veto would do, before it is set."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.models import Prod, Version
from journal.core.reasons import because

from .confirm import ConfirmPage


def read_set_veto_confirm(version_id: int) -> ConfirmPage:
    """Of setting a Veto; 404 if there is no such Version."""
    version = get_object_or_404(Version.objects.select_related("blueprint"), pk=version_id)
    prods = Prod.objects.filter(version=version).exclude(lifecycle=Prod.Lifecycle.RETIRED).count()
    stay = ngettext(
        "%(count)s Prod that is asked to run it stays on it.",
        "%(count)s Prods that are asked to run it stay on it.",
        prods,
    )
    return ConfirmPage(
        title=_("Veto %s?") % version,
        label=_("Veto"),
        icon="stop",
        danger=True,
        would=(
            _("It is released nowhere any more: a run that brings it starts no further Prod."),
            _("No rollback goes to it."),
            stay % {"count": prods},
        ),
        reasons=(because("version-vetoed-already", version=version.pk),) if version.vetoed_at else (),
        back=reverse("clusters:version", args=[version.blueprint.name, version.name]),
    )
