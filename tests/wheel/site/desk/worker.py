"""A Celery worker on a broker in memory: it takes one task, says what its database is, and ends."""

import os
import threading

import django
from celery import Celery
from celery.contrib.testing.worker import start_worker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "desk.settings")
django.setup()

app = Celery("desk", broker="memory://", backend="cache+memory://")


@app.task
def ask():
    """Runs in a thread of the worker."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 40 + 2")
        return [cursor.fetchone()[0], threading.current_thread() is threading.main_thread()]


if __name__ == "__main__":
    with start_worker(app, perform_ping_check=False, pool="threads"):
        print(*ask.delay().get(timeout=30))
