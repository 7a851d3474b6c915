"""Says as whom Django reaches its database."""

from django.core.management.base import BaseCommand
from django.db import connection


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        with connection.cursor() as cursor:
            cursor.execute("SELECT USER_NAME(), DB_NAME()")
            user, database = cursor.fetchone()
        self.stdout.write(f"{user} in {database}")
