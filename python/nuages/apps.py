"""The app `nuages` for `INSTALLED_APPS`: it brings the findings of `nuages check` to `manage.py check --deploy`."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register


class NuagesConfig(AppConfig):  # type: ignore[misc]
    """Registers the check. There are no models."""

    name = "nuages"
    verbose_name = "nuages"

    def ready(self) -> None:
        """Register for deployments alone: a plain `check` runs before each `runserver` and `migrate`."""
        from nuages.checks import check_manifest

        register(check_manifest, "nuages", deploy=True)
