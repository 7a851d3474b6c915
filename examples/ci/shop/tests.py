"""What a pipeline runs: the keys are there, and a database answers."""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.test import TestCase


class Secrets(TestCase):
    def test_the_keys_arrived(self):
        self.assertEqual(signing.loads(signing.dumps("paid")), "paid")
        self.assertGreaterEqual(len(settings.PAYMENT_KEY), 16)

    def test_the_database_answers(self):
        self.assertGreater(ContentType.objects.count(), 0)
