"""The findings of `nuages check` as Django's own messages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import checks

from nuages import _program
from nuages._errors import kind
from nuages._handed import NUAGES_CHECKING, manifest
from nuages._live import parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.apps import AppConfig

_LEVELS = {"error": checks.Error, "warning": checks.Warning, "advice": checks.Info}

#: Rules of settings have ids that begin so, and Django checks the settings by itself.
_OF_DJANGO = "DJ"

#: Hosts that anybody may name: Django reports the empty list alone.
_HOSTS = "DJ020"


def check_manifest(app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[checks.CheckMessage]:
    """Run `nuages check` on the manifest, and give its findings."""
    del app_configs  # the manifest belongs to all apps
    # `nuages check --settings` runs Django's checks, and reports the manifest by itself.
    if NUAGES_CHECKING in os.environ:
        return []
    if manifest() is None:
        return [
            checks.Info(
                "there is no `nuages.toml` here or in a parent up to the git root: nothing was checked",
                hint="run this where the manifest is, or name it in NUAGES_MANIFEST",
                id="nuages.I001",
            )
        ]
    try:
        code, text, message = _program.run(["check", "--format", "json"], {NUAGES_CHECKING: "1"})
    except kind() as failure:
        return [checks.Error(f"`nuages check` could not be run: {failure}", id="nuages.E001")]
    report, problem = parsed(text)
    if problem or not isinstance(report, dict):
        said = message or f"it ended with {code}"
        return [checks.Error(f"`nuages check` could not check the manifest: {said}", id="nuages.E001")]
    return [*_findings(report), *_troubles(report)]


def _findings(report: dict[str, Any]) -> list[checks.CheckMessage]:
    messages: list[checks.CheckMessage] = []
    for finding in report.get("findings", []):
        rule = str(finding.get("rule"))
        if rule.startswith(_OF_DJANGO) and not (rule == _HOSTS and settings.ALLOWED_HOSTS):
            continue
        level = _LEVELS.get(str(finding.get("severity")), checks.Error)
        place = finding.get("path")
        if place and finding.get("line"):
            place = f"{place}:{finding['line']}"
        text = f"{finding.get('title')}: `{finding.get('key')}`"
        notes = finding.get("notes")
        if notes:
            # Which variable of a file, which line: several findings of one key are told apart by it.
            text = f"{text} ({'; '.join(map(str, notes))})"
        messages.append(level(text, hint=finding.get("remedy"), obj=place, id=f"nuages.{rule}"))
    return messages


def _troubles(report: dict[str, Any]) -> list[checks.CheckMessage]:
    troubles = report.get("summary", {}).get("troubles", [])
    text = "`nuages check` could not look at everything"
    return [
        checks.Warning(f"{text}: `{trouble.get('place')}`: {trouble.get('reason')}", id="nuages.W001")
        for trouble in troubles
    ]
