"""What was counted, and when."""

from django.db import models


class Summary(models.Model):
    records = models.PositiveIntegerField()
    made = models.DateTimeField(auto_now_add=True)
