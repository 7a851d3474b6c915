"""Settings that take the databases from nuages, as they come."""

import json
import os

SECRET_KEY = "of no use to anyone, as nothing is signed here"
DATABASES = json.loads(os.environ["DATABASES"])
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "desk.urls"
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["console"], "level": "ERROR"}},
}
