"""`nuages.env`: defaults, casts, and what an error shows."""

import decimal
import json
import os

import nuages
from support import CANARY, Case, told


class Env(Case):
    def setUp(self):
        super().setUp()
        os.environ["NUAGES_SET"] = ""

    def test_text_comes_as_it_is(self):
        os.environ["KEY"] = f" {CANARY}\n"
        self.assertEqual(nuages.env("KEY"), f" {CANARY}\n")
        os.environ["KEY"] = ""
        self.assertEqual(nuages.env("KEY", "default"), "")

    def test_casts(self):
        for text, cast, value in [
            ("true", bool, True),
            (" On ", bool, True),
            ("1", bool, True),
            ("YES", bool, True),
            ("off", bool, False),
            ("0", bool, False),
            ("no", bool, False),
            ("False", bool, False),
            ("-12", int, -12),
            ("0.5", float, 0.5),
            ("a, b,,c ", list, ["a", "b", "c"]),
            ("", list, []),
            # The characters of `*.example` have a `*` among them, which is every host.
            ("*.example, b", tuple, ("*.example", "b")),
            ("b,a,b", set, {"a", "b"}),
            ("b,a,b", frozenset, frozenset("ab")),
            ('{"a": [1, null]}', "json", {"a": [1, None]}),
            ("1.10", decimal.Decimal, decimal.Decimal("1.10")),
            ("x", lambda text: text * 2, "xx"),
        ]:
            with self.subTest(text=text, cast=cast):
                os.environ["KEY"] = text
                self.assertEqual(nuages.env("KEY", cast=cast), value)

    def test_a_default_is_taken_as_it_is(self):
        self.assertIsNone(nuages.env("ABSENT", None, cast=int))
        self.assertEqual(nuages.env("ABSENT", default="7", cast=int), "7")

    def test_a_cast_that_is_none_is_refused_whatever_is_there(self):
        os.environ["KEY"] = CANARY
        for cast in ("yaml", [str], 42):
            for name in ("KEY", "ABSENT"):
                with self.assertRaisesRegex(TypeError, "`cast` is a type, a function or"):
                    nuages.env(name, None, cast=cast)

    def test_databases_of_others_are_named_where_a_variable_is_missing(self):
        os.environ["DATABASES"] = "{}"
        with self.refused("`STRIPE_KEY` is not set. Write"):
            nuages.env("STRIPE_KEY")
        del os.environ["NUAGES_SET"]
        with self.refused("`STRIPE_KEY` is not set, and `DATABASES` is: so no manifest was asked"):
            nuages.env("STRIPE_KEY")

    def test_a_missing_variable_is_named_with_what_to_write(self):
        with self.refused("`STRIPE_KEY` is not set", '[env]\n    STRIPE_KEY = "${secrets://stripe-key}"'):
            nuages.env("STRIPE_KEY")

    def test_a_value_that_does_not_fit_is_not_shown(self):
        os.environ["KEY"] = CANARY

        class Unhashable:
            __hash__ = None

            def __call__(self, text):
                raise ValueError(text)

        casts = [
            (bool, "a boolean"),
            (int, "a whole number"),
            (float, "a number"),
            ("json", "JSON"),
            (json.loads, "what `loads` takes: it raised JSONDecodeError"),
            (decimal.Decimal, "what `Decimal` takes: it raised InvalidOperation"),
            (Unhashable(), "what `Unhashable` takes: it raised ValueError"),
        ]
        for cast, expected in casts:
            with self.subTest(cast=expected), self.refused(f"`KEY` is not {expected}"):
                nuages.env("KEY", cast=cast)
            self.assertNotIn(CANARY, told(lambda cast=cast: nuages.env("KEY", cast=cast)))
        os.environ["KEY"] = f'{{"{CANARY}'
        self.assertNotIn(CANARY, told(lambda: nuages.env("KEY", cast="json")))
