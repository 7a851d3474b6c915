"""One page that works and one that does not."""

import os

from django.conf import settings
from django.db import connection
from django.http import JsonResponse
from django.urls import path


def page(request):
    """Says who answers, and what the database is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 40 + 2")
        answer = cursor.fetchone()[0]
    databases = settings.DATABASES["default"]
    return JsonResponse({"answer": answer, "name": str(databases["NAME"]), "pid": os.getpid(), "parent": os.getppid()})


class Vault:
    """Shows what it holds."""

    def __init__(self, held):
        self.held = held

    def __repr__(self):
        return f"<Vault of {self.held}>"


def broken(request):
    """Has secrets in its local variables, by name and by value; the lines themselves are shown too, and have none."""
    password = "-".join(("rowan", "5512"))
    copy = settings.SECRET_KEY
    within = Vault(settings.SECRET_KEY)
    databases = settings.DATABASES
    databases_of_all = {"databases": databases, "hosts": ["db.internal"]}
    visible = "what helps to find the mistake"
    loop = []
    loop.append(loop)
    raise RuntimeError("broken")


urlpatterns = [path("", page), path("broken/", broken)]
