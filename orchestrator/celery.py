"""The Celery application. Messages only wake: what is due is in PostgreSQL."""

import os
from typing import Any

from celery import Celery
from celery.signals import after_task_publish, beat_init, setup_logging, task_success, worker_ready

from .ready import announce_ready, keep_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")

app = Celery("drover")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_django_logging(**_: Any) -> None:
    """Celery leaves logging to settings.LOGGING once something is connected here."""


# Beat sends and workers succeed: the file's age tells how long ago this process last did its work. A task
# that failed does not count, or a worker without a database would look well.
@beat_init.connect
@after_task_publish.connect
@worker_ready.connect
@task_success.connect
def _announce(**_: Any) -> None:
    announce_ready()


@worker_ready.connect
def _keep(**_: Any) -> None:
    keep_what_is_loaded()
