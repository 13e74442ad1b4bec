from django.apps import AppConfig


class ReleasesConfig(AppConfig):
    name = "releases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Whoever changes weights, the publishers are woken."""
        from traffic.engine.shifting import became_due

        from .engine.traffic import publish_soon

        became_due.connect(publish_soon)
