"""/csp-report/: what browsers say they refused to load. Logged, since there should be none."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

MOST_BYTES = 4096

log = logging.getLogger(__name__)


@csrf_exempt
@login_not_required
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """204, whatever was sent; only its beginning is kept."""
    log.warning("content security policy: %s", request.read(MOST_BYTES).decode(errors="replace"))
    return HttpResponse(status=204)
