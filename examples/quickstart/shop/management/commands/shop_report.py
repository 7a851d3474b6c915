"""One line that tells whether database and secrets arrived, without showing a secret."""

from django.conf import settings
from django.core import signing
from django.core.management.base import BaseCommand, CommandError

from shop.models import Record


class Command(BaseCommand):
    help = "Counts the records, and tries the secret key by signing the count."

    def handle(self, *args, **options):
        count = Record.objects.count()
        if signing.loads(signing.dumps(count)) != count:
            raise CommandError("the secret key does not verify what it signed")
        database = settings.DATABASES["default"]
        self.stdout.write(
            f"shop_report: {count} records in {database['NAME']} ({database['ENGINE']}), "
            f"SECRET_KEY of {len(settings.SECRET_KEY)} characters, "
            f"PAYMENT_KEY of {len(settings.PAYMENT_KEY)}"
        )
