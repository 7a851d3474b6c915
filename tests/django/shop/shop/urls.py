"""The shop's one page."""

from django.urls import path

from catalogue.views import shelf

urlpatterns = [path("", shelf)]
