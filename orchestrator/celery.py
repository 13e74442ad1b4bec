"""The Celery application. Messages only wake: what is due is in PostgreSQL."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_ready

from .ready import announce_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")

app = Celery("drover")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_django_logging(**_: Any) -> None:
    """Celery leaves logging to settings.LOGGING once something is connected here."""


@beat_init.connect
@worker_ready.connect
def _announce(**_: Any) -> None:
    announce_ready()
