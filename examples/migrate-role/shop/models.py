"""What the shop sells."""

from django.db import models


class Record(models.Model):
    title = models.CharField(max_length=100, unique=True)
    year = models.PositiveSmallIntegerField(null=True)


class Track(models.Model):
    record = models.ForeignKey(Record, on_delete=models.CASCADE)
    title = models.CharField(max_length=100)
