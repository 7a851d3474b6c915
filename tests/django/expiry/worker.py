"""A worker as Celery's: a task every second, each over a new connection, as `CONN_MAX_AGE` is 0."""

import json
import os
import time

import django
from django.conf import settings

settings.configure(DATABASES=json.loads(os.environ["DATABASES"]), USE_TZ=True)
django.setup()

from django.db import close_old_connections, connection

while True:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT USER_NAME(), DB_NAME()")
            user, database = cursor.fetchone()
        print(f"task done by {user} in {database}, {connection.Database.__name__}", flush=True)
    except Exception as error:
        print(f"task failed: {type(error).__name__}: {error}", flush=True)
    close_old_connections()
    time.sleep(1)
