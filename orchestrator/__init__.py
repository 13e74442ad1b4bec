"""Wiring: settings, URLs, Celery, the observer and the embedded services.

The only package that may know all others.
"""

from .celery import app as celery_app

__all__ = ["celery_app"]
