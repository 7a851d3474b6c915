"""A page that says what the database says: how many records, over which login, encrypted or not."""

from django.conf import settings
from django.db import connection
from django.http import JsonResponse

from .models import Record


def shelf(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        login, encrypted = cursor.fetchone()
    return JsonResponse(
        {
            "records": Record.objects.count(),
            "login": login,
            "encrypted": encrypted,
            "sslmode": settings.DATABASES["default"]["OPTIONS"]["sslmode"],
            "guessed": request.GET.get("guess") == settings.SECRET_KEY,
        }
    )
