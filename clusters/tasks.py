"""Celery tasks: ids in, one call. A lost, doubled or late message does no harm."""

from celery import shared_task

from .reconcile import compare_prod


@shared_task
def reconcile(prod_id: int) -> None:
    compare_prod(prod_id)
