"""A worker as Celery's: a task every fifth of a second, old connections closed before each, as its Django fixup does."""

import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "desk.settings")
django.setup()

from django.db import close_old_connections

from desk.ask import connection_id

last = None
while True:
    close_old_connections()
    try:
        connection = connection_id()
        if connection != last:
            print(f"connection {connection}", flush=True)
            last = connection
    except Exception as error:
        print(f"task failed: {type(error).__name__}: {error}", flush=True)
    time.sleep(0.2)
