"""One line that tells what the shop has, and as whom it reached its database."""

from django.db import connection
from django.http import HttpResponse

from shop.models import Record, Track


def home(request):
    records, tracks = Record.objects.count(), Track.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        user, tls = cursor.fetchone()
    line = f"shop: {records} records, {tracks} tracks, read by {user} over {tls}\n"
    return HttpResponse(line, content_type="text/plain")
