"""A whole list of Tenants: shown as what it would add and where, then added."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from access.doors import may
from clusters.views.answers import submitted
from journal.core.reasons import FieldErrors
from traffic import actions
from traffic.forms import TenantListForm

from .answers import show

SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
@may("tenant.write")
def tenant_import(request: HttpRequest) -> HttpResponse:
    """A list of Tenants; with `do` set to `import` added as it was shown."""
    form = TenantListForm(request.POST, request.FILES) if request.method == "POST" else TenantListForm()
    if not form.is_bound or not form.is_valid():
        return show(request, "import_tenants", None, 400 if form.is_bound else 200, form=form)
    text, digest = form.cleaned_data["text"], form.cleaned_data["digest"]

    def again(status: int = 200) -> HttpResponse:
        try:
            found = actions.preview_tenants(request.user, text) if form.is_valid() else None
        except FieldErrors as wrong:
            form.tell(wrong)
            return show(request, "import_tenants", None, 400, form=form)
        lines = found.placed[:SHOWN] if found else ()
        return show(request, "import_tenants", found, status, form=form, text=text, lines=lines)

    if request.POST.get("do") != "import":
        return again()
    done = _("The tenants are added. The routers follow within seconds.")
    then = reverse("traffic:tenants")
    return submitted(
        request, form, lambda: actions.import_tenants(request.user, text, digest), done, then, again
    )
