"""One line that tells what the shop has, and how it reached its database."""

from django.db import connection
from django.http import HttpResponse

from shop.models import Record


def home(request):
    count = Record.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT user(), (SELECT variable_value FROM information_schema.session_status "
                       "WHERE variable_name = 'Ssl_version')")
        user, tls = cursor.fetchone()
    name = user.partition("@")[0]
    return HttpResponse(f"shop: {count} records, read by {name} over {tls}\n", content_type="text/plain")
