"""Logs in and says as whom and where."""

from django.core.management.base import BaseCommand
from django.db import connection, transaction


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        connection.ensure_connection()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchall() == [(1,)]
            cursor.execute("SELECT USER_NAME(), DB_NAME()")
            user, database = cursor.fetchone()
        self.stdout.write(f"{user} in {database}, {connection.Database.__name__}")
