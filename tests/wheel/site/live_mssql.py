"""Logs in to SQL Server twice, with what the file holds then; says as whom."""

import base64
import json
import sys
import time

import django
from django.conf import settings

import nuages

settings.configure(DATABASES=nuages.databases())
django.setup()

from django.db import connection  # noqa: E402


def token(client):
    claims = {"aud": "https://database.windows.net", "appid": client, "nbf": 0, "exp": time.time() + 600}
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims, {}))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def ask():
    with connection.cursor() as cursor:
        cursor.execute("SELECT USER_NAME(), DB_NAME()")
        user = cursor.fetchone()[0]
    connection.close()
    return user


live = next(value for value in settings.DATABASES["default"].values() if type(value) is nuages.Live)
secrets = sys.argv[1:] or [token("first"), token("second")]
for secret in secrets:
    content = secret
    if live.keys:
        with open(live.path, encoding="utf-8") as file:
            databases = json.load(file)
        databases[live.keys[0]][live.keys[1]] = secret
        content = json.dumps(databases)
    with open(live.path, "w", encoding="utf-8") as file:
        file.write(content)
    print(ask(), settings.DATABASES["default"]["ENGINE"], flush=True)
