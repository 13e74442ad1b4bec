"""The web application for an ASGI server."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")

application = get_asgi_application()

# The first click waits for no import.
import orchestrator.urls  # noqa: E402, F401
import releases.tasks  # noqa: E402, F401

from .ready import keep_what_is_loaded  # noqa: E402

keep_what_is_loaded()
