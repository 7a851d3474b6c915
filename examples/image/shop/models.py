"""What the shop sells."""

from django.db import models


class Record(models.Model):
    title = models.CharField(max_length=100, unique=True)
