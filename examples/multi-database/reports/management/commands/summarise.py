"""Counts the records in the replica and writes the number into the database of the reports."""

from django.core.management.base import BaseCommand
from django.db import connections

from reports.models import Summary
from shop.models import Record


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args, **options):
        summary = Summary.objects.create(records=Record.objects.count())
        for alias in ["replica", "reports"]:
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT current_user, current_database(), pg_is_in_recovery()")
                user, database, follows = cursor.fetchone()
            kind = "a server that follows" if follows else "a server that writes"
            self.stdout.write(f"{alias}: {user} in {database}, {kind}")
        self.stdout.write(f"summary {summary.pk}: {summary.records} records")
