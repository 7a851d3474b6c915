"""A Django process that stays: each line of standard input is something to do with a database, and is answered by a line.

`look ALIAS` connects if there is no connection, `fresh ALIAS` connects anew, `thread ALIAS` does so in another thread,
`copy ALIAS` by a copy, `nodb ALIAS` without the database's name, `mirror ALIAS OTHER` as a test's mirror of the other;
`sql ALIAS STATEMENT` runs a statement and gives its first value; `parts ALIAS` names the classes; `settings ALIAS` gives
what the settings hold; `shell ALIAS` is `manage.py dbshell`.
"""

import json
import os
import sys
import threading

if os.environ.get("DRIVER") == "pymysql":
    import pymysql

    # Django asks for a release of mysqlclient's that PyMySQL does not claim to be.
    pymysql.version_info = (2, 2, 1, "final", 0)
    pymysql.install_as_MySQLdb()

import django
from django.conf import settings

settings.configure(DATABASES=json.loads(os.environ["DATABASES"]), USE_TZ=True)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

LOGIN = {"mysql": "SELECT CURRENT_USER()", "microsoft": "SELECT USER_NAME(), DB_NAME()"}


def login(connection):
    with connection.cursor() as cursor:
        cursor.execute(LOGIN.get(connection.vendor, "SELECT current_user"))
        return cursor.fetchone()[0]


def in_thread(alias):
    answers = []

    def run():
        try:
            answers.append(login(connections[alias]))
        except Exception as error:
            answers.append(complaint(error))
        connections[alias].close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return answers[0]


def answer(word, alias, statement=""):
    connection = connections[alias]
    if word == "look":
        return login(connection)
    if word == "fresh":
        connection.close()
        return login(connection)
    if word == "thread":
        return in_thread(alias)
    if word == "copy":
        copy = connection.copy()
        try:
            return login(copy)
        finally:
            copy.close()
    if word == "nodb":
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT current_database()")
            return cursor.fetchone()[0]
    if word == "sql":
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else "done"
    if word == "mirror":
        connection.close()
        connection.creation.set_as_test_mirror(connections[statement].settings_dict)
        return login(connection)
    if word == "parts":
        parts = ["features", "ops", "creation", "introspection", "validation"]
        classes = [f"{type(it).__module__}.{type(it).__name__}" for it in (getattr(connection, part) for part in parts)]
        return " ".join([connection.vendor, connection.SchemaEditorClass.__module__, *classes])
    if word == "settings":
        return json.dumps({key: str(connection.settings_dict.get(key)) for key in ("TOKEN", "PASSWORD")})
    if word == "shell":
        call_command("dbshell", database=alias)
        return "done"
    raise ValueError(word)


def complaint(error):
    return f"{type(error).__name__}: {error}".replace("\n", " ")


for line in sys.stdin:
    try:
        said = answer(*line.rstrip("\n").split(" ", 2))
    except Exception as error:
        said = complaint(error)
    print(said, flush=True)
