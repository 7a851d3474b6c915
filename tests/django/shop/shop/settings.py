"""Settings that take everything secret from what nuages hands over, and nothing from this file."""

import json
import os
import pathlib

SECRET_KEY = os.environ["SECRET_KEY"]
if "DATABASES_FILE" in os.environ:
    DATABASES = json.loads(pathlib.Path(os.environ["DATABASES_FILE"]).read_text())
else:
    DATABASES = json.loads(os.environ["DATABASES"])

ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["catalogue"]
ROOT_URLCONF = "shop.urls"
USE_TZ = True

# An error of a page goes to standard error, where a failed test shows it.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["console"], "level": "ERROR"}},
}
