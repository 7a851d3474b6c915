"""One line that tells what the shop has, and how it reached its database."""

from django.db import connection
from django.http import HttpResponse

from shop.models import Record


def home(request):
    count = Record.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        user, tls = cursor.fetchone()
    return HttpResponse(f"shop: {count} records, read by {user} over {tls}\n", content_type="text/plain")
