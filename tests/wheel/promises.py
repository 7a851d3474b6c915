"""What the types of the package promise to those who use it: read by mypy, never run."""

from decimal import Decimal
from typing import Any

from typing_extensions import assert_type

import nuages

assert_type(nuages.databases(), dict[str, dict[str, Any]])
assert_type(nuages.databases(file="databases.json"), dict[str, dict[str, Any]])
assert_type(nuages.env("KEY"), str)
assert_type(nuages.env("KEY", "default"), str)
assert_type(nuages.env("KEY", default=None), str | None)
assert_type(nuages.env("KEY", cast=bool), bool)
assert_type(nuages.env("KEY", False, cast=bool), bool)
assert_type(nuages.env("KEY", cast=int), int)
assert_type(nuages.env("KEY", None, cast=float), float | None)
assert_type(nuages.env("KEY", cast=list), list[str])
assert_type(nuages.env("KEY", None, cast=list), list[str] | None)
assert_type(nuages.env("KEY", cast=tuple), tuple[str, ...])
assert_type(nuages.env("KEY", cast=frozenset), frozenset[str])
assert_type(nuages.env("KEY", cast=Decimal), Decimal)
assert_type(nuages.env("KEY", {}, cast="json"), Any)
assert_type(nuages.Live("/run/secrets/token"), nuages.Live)

token: str = nuages.Live("/run/secrets/databases.json", "default", "PASSWORD")

try:
    nuages.load()
except nuages.ImproperlyConfigured as error:
    assert_type(error, nuages.ImproperlyConfigured)
