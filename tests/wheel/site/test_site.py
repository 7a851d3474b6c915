"""The desk's debug page, error mail, copies of settings, and system checks."""

import base64
import copy
import json
import os
import pickle
import subprocess
import sys
import tempfile
import unittest
from urllib.parse import quote, quote_plus

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "desk.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.checks import Error, Info, Warning, run_checks  # noqa: E402, A004
from django.db import connections  # noqa: E402
from django.http import QueryDict  # noqa: E402
from django.test import Client, RequestFactory, override_settings  # noqa: E402
from django.views.debug import ExceptionReporter, get_default_exception_reporter_filter  # noqa: E402

import nuages  # noqa: E402

POSTED = "alder-6604"
IN_META = "redis://:willow-2210@cache.internal/0"

#: All that no page may show: of variables, settings, URLs, connection strings, local variables and POST.
SECRETS = (
    *(os.environ["SECRET_KEY"], "plane-3381", "4b825dc642cb6eb9a060e54bf8d69288", "fig-tree-71", "beech-%40-19", "oak;8"),
    *("elm-2291", "rowan-5512", "linden-9127", "spruce-7", "willow-2210", POSTED),
)


def shown_in(page):
    """Those that a page shows, quoted, escaped or cut."""
    return [secret for secret in SECRETS if secret[:9] in page]


def encoded(password):
    """Ways to write it."""
    octets = password.encode()
    login = b"shop:" + octets
    return [
        *(octets.hex(), octets.hex().upper(), f"0x{octets.hex()}ff"),
        *(base64.b64encode(whole).decode() for whole in (octets, octets + b"\n", login, b"ab" + octets + b"x")),
        *(base64.urlsafe_b64encode(octets).decode(), base64.encodebytes(octets).decode()),
        quote(base64.b64encode(octets), safe=""),
        json.dumps({"inner": json.dumps({"password": password})}),
        json.dumps(json.dumps(json.dumps([password]), ensure_ascii=False)),
        repr(json.dumps({"inner": json.dumps([password], ensure_ascii=False)})),
    ]


def pieces(text):
    """All that are eight signs long: of base64 some fewer may be left, which have bits of what is beside the secret."""
    return {text[at : at + 8] for at in range(len(text) - 7)}


class DebugPage(unittest.TestCase):
    def report(self, is_html):
        data = {"login": "ada", "password": POSTED, "note": f"my key is {settings.SECRET_KEY}"}
        request = RequestFactory().post("/broken/", data)
        request.META.update(os.environ, BROKER_URI=IN_META)
        request.COOKIES["other"] = settings.SECRET_KEY
        from desk.urls import broken

        try:
            broken(request)
        except RuntimeError:
            reporter = ExceptionReporter(request, *sys.exc_info(), is_email=False)
            return reporter.get_traceback_html() if is_html else reporter.get_traceback_text()

    def test_no_secret_is_on_it(self):
        for is_html in (True, False):
            for is_debug in (True, False):
                with override_settings(DEBUG=is_debug):
                    shown = self.report(is_html)
                self.assertEqual(shown_in(shown), [], (is_html, is_debug))

    def test_what_helps_is_there(self):
        page = self.report(is_html=True)
        for text in (
            *("what helps to find the mistake", "broker.internal", "cache.internal", "sentry.example", "ada"),
            *("Vault of ********************", "postgres://shop@db.internal:5432/shop?sslmode=require"),
        ):
            self.assertTrue(text in page, text)

    def test_the_page_as_a_browser_gets_it(self):
        with override_settings(DEBUG=True):
            response = Client(raise_request_exception=False).post("/broken/", {"password": POSTED})
        self.assertEqual(response.status_code, 500)
        page = response.content.decode()
        self.assertTrue("RuntimeError" in page)
        self.assertEqual(shown_in(page), [])

    def test_secrets_written_otherwise(self):
        password = "pä\"ss'wo rd%+ü/☁"
        with override_settings(SECRET_KEY=password):
            cleanse = get_default_exception_reporter_filter().cleanse_setting
            for text in (
                *(repr(password), ascii(password), json.dumps([password]), json.dumps([password], ensure_ascii=False)),
                *(quote(password), quote(password, safe=""), quote_plus(password), repr(password.encode())),
                *(f"x {password} y", [{"a": password.encode()}], {(1, password): bytearray(password.encode())}),
            ):
                shown = f"{cleanse('X', text)}"
                self.assertTrue("*****" in shown and "ss" not in shown, shown)
        # JSON may hold half a character, which no encoding takes.
        half = "half \ud83d pair"
        with override_settings(SECRET_KEY=half):
            self.assertEqual(cleanse("X", [half]), ["********************"])

    def test_secrets_that_are_encoded(self):
        for password in ("birch-7719-alley", "pä\"ss'wo rd%+ü/☁", "long " * 40):
            with override_settings(SECRET_KEY=password):
                cleanse = get_default_exception_reporter_filter().cleanse_setting
                for form, other in zip(encoded(password), encoded("." * len(password)), strict=True):
                    shown = cleanse("X", f"Basic {form}, and so on")
                    self.assertTrue("*" * 20 in shown and "and so on" in shown, shown)
                    # What stands there whatever the password is may stay.
                    self.assertEqual(pieces(shown) & (pieces(form) - pieces(other)), set(), form)
                harmless = "an ordinary text: 62697263 YmlyY2gt"
                self.assertEqual(cleanse("X", harmless), harmless)

    def test_what_is_not_known_is_not_shown(self):
        class Broken(dict):
            def items(self):
                raise ValueError

        report = get_default_exception_reporter_filter()
        with override_settings(CACHES={"default": Broken(LOCATION="x")}):
            for is_html in (True, False):
                self.assertEqual(shown_in(self.report(is_html)), [])
        self.assertEqual(report.cleanse_setting("X", Broken(a="b")), "*" * 20)

    def test_texts_that_say_something_else_of_themselves(self):
        class Odd(str):
            def __str__(self):
                raise ValueError

        cleanse = get_default_exception_reporter_filter().cleanse_setting
        self.assertEqual(cleanse("X", Odd("plain")), "plain")

    def test_djangos_own_filter_shows_most_of_them(self):
        # Otherwise the tests above would show nothing.
        with override_settings(DEFAULT_EXCEPTION_REPORTER_FILTER="django.views.debug.SafeExceptionReporterFilter"):
            get_default_exception_reporter_filter.cache_clear()
            page = self.report(is_html=True)
        get_default_exception_reporter_filter.cache_clear()
        self.assertGreater(len(shown_in(page)), len(SECRETS) / 2)

    def test_kinds_of_values(self):
        cleanse = get_default_exception_reporter_filter().cleanse_setting
        stars = "********************"
        key = settings.SECRET_KEY
        for name, value, expected in [
            ("X", "plain", "plain"),
            ("X", key, stars),
            ("X", f"<{key}>", f"<{stars}>"),
            ("X", "redis://:pw@h/0", f"redis://:{stars}@h/0"),
            ("X", "https://t0ken@h/0", f"https://{stars}@h/0"),
            ("X", "https://h/?sig=abc&x=1", f"https://h/?sig={stars}&x=1"),
            ("X", "host=h password=abc x=1", f"host=h password={stars} x=1"),
            ("X", "Server=h;PWD={a;b}};c};Encrypt=yes", f"Server=h;PWD={stars};Encrypt=yes"),
            ("X", nuages.Live("/nowhere"), stars),
            ("SHOP_PWD", "abc", stars),
            ("PWD", "/srv/shop", "/srv/shop"),
            ("REDIS_URL", "anything", stars),
            (
                "X",
                {"password": "a", "deep": [({"url": "a://b:c@d"},)]},
                {"password": stars, "deep": [({"url": f"a://b:{stars}@d"},)]},
            ),
            ("X", {key: 1}, {stars: 1}),
            ("X", [1, None, True, 1.5], [1, None, True, 1.5]),
        ]:
            with self.subTest(name=name, value=value):
                self.assertEqual(cleanse(name, value), expected)
        self.assertEqual(repr(cleanse("X", {key})), "{'" + stars + "'}")
        self.assertEqual(repr(cleanse("X", key.encode())), f"b'{stars}'")
        for name in ((1, key), key.encode(), frozenset([key])):
            self.assertFalse(shown_in(repr(cleanse("X", {name: 1}))), name)
        posted = QueryDict(mutable=True)
        posted.setlist("word", [key, "plain"])
        self.assertEqual(cleanse("X", posted).getlist("word"), [stars, "plain"])

        class Broken:
            def __repr__(self):
                raise ValueError(key)

        self.assertEqual(repr(cleanse("X", Broken())), "<Broken, which cannot be shown: ValueError>")


class Settings(unittest.TestCase):
    def test_connections_copy(self):
        settings_dict = connections["default"].settings_dict
        self.assertEqual(copy.deepcopy(settings_dict), settings_dict)
        self.assertEqual(pickle.loads(pickle.dumps(settings.DATABASES)), settings.DATABASES)

    def test_the_exception_is_djangos(self):
        from django.core.exceptions import ImproperlyConfigured

        self.assertIs(nuages.ImproperlyConfigured, ImproperlyConfigured)


class Checks(unittest.TestCase):
    def setUp(self):
        before = os.environ.copy()
        self.addCleanup(os.environ.update, before)
        self.addCleanup(os.environ.clear)

    def messages(self):
        return [one for one in run_checks(include_deployment_checks=True) if str(one.id).startswith("nuages.")]

    def test_findings_are_messages(self):
        found = {one.id: one for one in self.messages()}
        self.assertIs(type(found["nuages.PG001"]), Error)
        self.assertEqual(found["nuages.PG001"].msg, "TLS is left to chance: `databases.reports.OPTIONS.sslmode`")
        self.assertRegex(found["nuages.PG001"].obj, r"^nuages\.toml:\d+$")
        self.assertIn("sslmode", found["nuages.PG001"].hint)
        self.assertEqual([one for one in found if one.startswith("nuages.DJ")], [], "Django says this itself")
        self.assertTrue(all(isinstance(one, (Error, Warning, Info)) for one in found.values()))

    def test_findings_of_one_key_are_told_apart(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(f"{directory}/.env", "w") as file:
                file.write("FIRST=$X\nSECOND=c #d\n")
            manifest = f"{directory}/nuages.toml"
            with open(manifest, "w") as file:
                file.write('[providers.s]\nkind = "dotenv"\n\n[env]\nA = "${s://FIRST}"\nB = "${s://SECOND}"\n')
            os.environ["NUAGES_MANIFEST"] = manifest
            told = [one.msg for one in self.messages() if one.id == "nuages.GN020"]
        for name, line in (("FIRST", 1), ("SECOND", 2)):
            self.assertEqual(len([one for one in told if f"`.env`, line {line}: `{name}`" in one]), 1, told)

    def test_a_plain_check_costs_nothing(self):
        found = [one for one in run_checks() if str(one.id).startswith("nuages.")]
        self.assertEqual(found, [])

    def test_profiles_hold(self):
        os.environ["NUAGES_PROFILE"] = "strict"
        self.assertNotIn("nuages.PG001", [one.id for one in self.messages()])

    def test_without_a_manifest_one_message_says_so(self):
        directory = os.getcwd()
        self.addCleanup(os.chdir, directory)
        os.chdir("/")
        (message,) = self.messages()
        self.assertEqual((type(message), message.id), (Info, "nuages.I001"))

    def test_a_program_that_fails_is_an_error_with_its_own_words(self):
        os.environ["NUAGES_MANIFEST"] = "/nowhere/nuages.toml"
        (message,) = self.messages()
        self.assertEqual((type(message), message.id), (Error, "nuages.E001"))
        self.assertIn("/nowhere/nuages.toml", message.msg)

    def test_nothing_is_checked_within_a_check(self):
        os.environ["NUAGES_CHECKING"] = "1"
        self.assertEqual(self.messages(), [])

    def manage(self, *arguments, **environment):
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, capture_output=True, check=False, text=True, env={**os.environ, "DEBUG": "0", **environment}
        )

    def test_the_command_line(self):
        done = self.manage("check", "--deploy")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"nuages\.toml:\d+: \(nuages\.PG001\) TLS is left to chance")
        self.assertEqual(json.loads(os.environ["DATABASES"])["default"]["ENGINE"], "django.db.backends.sqlite3")
        silenced = self.manage("check", "--deploy", SILENCED="nuages.PG001,nuages.PG002")
        self.assertNotIn("nuages.PG001", silenced.stderr)
        self.assertEqual(self.manage("check").returncode, 0)


if __name__ == "__main__":
    unittest.main()
