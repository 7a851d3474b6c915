"""What a page and a task do alike: ask the database which connection this is, and whose."""

from django.db import connection

ASK = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT connection_id()"}


def connection_id():
    with connection.cursor() as cursor:
        cursor.execute(ASK[connection.vendor])
        return cursor.fetchone()[0]


def user():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]
