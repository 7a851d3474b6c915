"""Which database is for what: reports have one of their own; the shop reads from the replica and writes to `default`."""

from django.conf import settings


class Router:
    def db_for_read(self, model, **hints):
        if model._meta.app_label == "reports":
            return "reports"
        # A process that was started with some of the databases (`nuages --only`) does with those.
        return "replica" if "replica" in settings.DATABASES else "default"

    def db_for_write(self, model, **hints):
        return "reports" if model._meta.app_label == "reports" else "default"

    def allow_relation(self, one, other, **hints):
        return (one._meta.app_label == "reports") == (other._meta.app_label == "reports")

    def allow_migrate(self, database, app_label, **hints):
        return database == ("reports" if app_label == "reports" else "default")
