"""`nuages.databases`: where they come from, what becomes live, and what is refused."""

import json
import os
import subprocess
import sys

import nuages
from support import CANARY, Case, told

POSTGRESQL = "django.db.backends.postgresql"


class Databases(Case):
    def test_a_variable(self):
        os.environ["DATABASES"] = json.dumps({"default": {"ENGINE": POSTGRESQL, "PASSWORD": CANARY, "PORT": 5432}})
        first = nuages.databases()
        self.assertEqual(first, {"default": {"ENGINE": POSTGRESQL, "PASSWORD": CANARY, "PORT": 5432}})
        self.assertIs(type(first["default"]["PASSWORD"]), str)
        first["default"]["PORT"] = 1
        self.assertEqual(nuages.databases()["default"]["PORT"], 5432, "each call has its own")

    def test_a_file_comes_first_and_its_secrets_are_live(self):
        databases = {
            "default": {"ENGINE": POSTGRESQL, "PASSWORD": "first"},
            "gis": {"ENGINE": "django.contrib.gis.db.backends.postgis", "PASSWORD": "first"},
            "mssql": {"ENGINE": "mssql", "TOKEN": "first"},
            "login": {"ENGINE": "mssql", "USER": "sa", "PASSWORD": "first"},
            "mysql": {"ENGINE": "django.db.backends.mysql", "PASSWORD": "first"},
            "sqlite": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x"},
            "none": {"ENGINE": POSTGRESQL, "PASSWORD": ""},
        }
        path = self.write("databases.json", json.dumps(databases))
        os.environ["DATABASES"] = "{}"
        os.environ["DATABASES_FILE"] = path
        for given in (nuages.databases(), nuages.databases(file=path), nuages.databases(file="databases.json")):
            self.write("databases.json", json.dumps(databases).replace("first", "second"))
            for alias, key in [("default", "PASSWORD"), ("gis", "PASSWORD"), ("mssql", "TOKEN")]:
                self.assertIs(type(given[alias][key]), nuages.Live, alias)
                self.assertEqual(str(given[alias][key]), "second", alias)
            for alias in ("login", "mysql", "none"):
                self.assertIs(type(given[alias]["PASSWORD"]), str, alias)
            self.assertEqual(given["mysql"]["PASSWORD"], "first")
            self.assertEqual(given["sqlite"], databases["sqlite"])
            self.write("databases.json", json.dumps(databases))

    def test_the_path_of_a_live_database_is_read(self):
        for key in ("TOKEN", "PASSWORD"):
            path = self.write("secret", "first\n")
            os.environ["DATABASES"] = json.dumps({"default": {"ENGINE": "nuages_live.mssql", key: path}})
            live = nuages.databases()["default"][key]
            self.assertIs(type(live), nuages.Live)
            self.assertEqual((str(live), str.__str__(live), live.keys), ("first", path, ()))
            file = self.write("databases.json", os.environ["DATABASES"])
            self.assertEqual(nuages.databases(file=file)["default"][key], live)

    def test_a_file_is_found_by_its_name_in_every_locale(self):
        path = self.write("ü/☁.json", json.dumps({"default": {"ENGINE": POSTGRESQL, "PASSWORD": "ü"}}))
        script = "import nuages; print(ascii(str(nuages.databases()['default']['PASSWORD'])))"
        for more in ({}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}):
            environment = {**os.environ, "DATABASES_FILE": path, **more}
            done = subprocess.run(
                [sys.executable, "-c", script], capture_output=True, check=True, env=environment, text=True
            )
            self.assertEqual(done.stdout, "'\\xfc'\n")

    def test_an_empty_name_of_a_file_is_none(self):
        os.environ.update(DATABASES_FILE="", DATABASES="{}")
        self.assertEqual(nuages.databases(), {})

    def test_what_is_no_databases_is_refused_and_not_shown(self):
        for text, reason in [
            (f'{{"{CANARY}": ', "it is not JSON from line 1, column"),
            (f'["{CANARY}"]', "it is no table of databases"),
            (f'{{"default": "{CANARY}"}}', "`default` in it is no table"),
            (f'{{"default": {{"ENGINE": ["{CANARY}"]}}}}', "the `ENGINE` of `default` in it is no text"),
        ]:
            path = self.write("databases.json", text)
            os.environ["DATABASES"] = text
            with self.subTest(reason=reason), self.refused("the variable `DATABASES` cannot be used", reason):
                nuages.databases()
            with self.subTest(reason=reason), self.refused(f"cannot take the databases from {path}", reason):
                nuages.databases(file=path)
            self.assertNotIn(CANARY, told(nuages.databases))
            self.assertNotIn(CANARY, told(lambda path=path: nuages.databases(file=path)))
        with self.refused("No such file or directory"):
            nuages.databases(file="absent")

    def test_without_any_it_is_said_what_to_write(self):
        os.environ["NUAGES_SET"] = ""
        with self.refused("there are no databases", "[databases.default]"):
            nuages.databases()
