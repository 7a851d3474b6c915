"""One page: which connection answers."""

from django.http import JsonResponse
from django.urls import path

from desk.ask import connection_id


def page(request):
    return JsonResponse({"connection": connection_id()})


urlpatterns = [path("", page)]
