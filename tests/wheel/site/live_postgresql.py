"""Changes the password of its own login, in the server and in the file: the next connection has the new one."""

import json
import os
import threading

import django
from django.conf import settings

import nuages

settings.configure(DATABASES=nuages.databases())
django.setup()

from django.db import OperationalError, connection  # noqa: E402
from django.test.utils import get_unique_databases_and_mirrors  # noqa: E402

FILE = os.environ["DATABASES_FILE"]


def write(password):
    with open(FILE, encoding="utf-8") as file:
        databases = json.load(file)
    databases["default"]["PASSWORD"] = password
    with open(f"{FILE}.new", "w", encoding="utf-8") as file:
        json.dump(databases, file)
    os.replace(f"{FILE}.new", FILE)


def ask():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, pg_backend_pid()")
        return cursor.fetchone()


def elsewhere(function):
    """In another thread, which has a connection of its own."""
    answers = []

    def run():
        try:
            answers.append(function())
        except OperationalError as error:
            answers.append(type(error).__name__)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return answers[0]


first = ask()
for password in ("changed 1", "it's \\ changed", "ünïcode"):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER ROLE {first[0]} PASSWORD %s", [password])
    # The server has the new one, the file the old one. A pool would try again until its time is up.
    if "pool" not in settings.DATABASES["default"]["OPTIONS"]:
        refused = elsewhere(ask)
        assert refused == "OperationalError", refused
    write(password)
    user, process = elsewhere(ask)
    assert (user, process != first[1]) == (first[0], True)
assert ask() == first, "what is connected stays connected"

# The test runner keeps settings, and copies them for its clones.
clone = connection.creation.get_test_db_clone_settings("2")
assert type(clone["PASSWORD"]) is nuages.Live
assert type(connection.copy("default").settings_dict["PASSWORD"]) is nuages.Live
assert get_unique_databases_and_mirrors()
arguments, environment = type(connection.client).settings_to_cmd_args_env(settings.DATABASES["default"], [])
assert environment["PGPASSWORD"] == "ünïcode" and not any("ünïcode" in one for one in arguments)
print("live")
