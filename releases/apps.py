from django.apps import AppConfig


class ReleasesConfig(AppConfig):
    name = "releases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Whoever changes weights, the publishers are woken; whoever asks where Prods are taken back to is told."""
        from traffic.engine.shifting import became_due
        from traffic.queries.taken_back import asked_what_is_taken_back

        from .engine.traffic import publish_soon
        from .fleet import tell_taken_back

        became_due.connect(publish_soon)
        asked_what_is_taken_back.connect(tell_taken_back)
