"""One line that tells as whom the shop reached its database, and whether it can take money."""

from django.conf import settings
from django.db import connection
from django.http import HttpResponse


def home(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT USER_NAME(), DB_NAME()")
        user, database = cursor.fetchone()
    payments = "ready" if settings.PAYMENTS_KEY.startswith("sk_") else "not set up"
    return HttpResponse(f"shop: in {database} as {user}, payments are {payments}\n", content_type="text/plain")
