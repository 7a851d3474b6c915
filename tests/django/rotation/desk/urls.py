"""Two pages: which connection answers, and to whom."""

from django.http import JsonResponse
from django.urls import path

from desk.ask import connection_id, user


def page(request):
    return JsonResponse({"connection": connection_id()})


def who(request):
    return JsonResponse({"user": user()})


urlpatterns = [path("", page), path("who", who)]
