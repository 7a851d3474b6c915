"""Settings without a secret: nuages puts DATABASES and the keys into the environment."""

import json
import os

DATABASES = json.loads(os.environ["DATABASES"])
# mssql-django switches the driver manager's pool on, and a pooled connection is handed out to whoever has the same connection
# string: a token is not part of that, so a new one would get the old one's connection.
DATABASE_CONNECTION_POOLING = False
SECRET_KEY = os.environ["SECRET_KEY"]
PAYMENTS_KEY = os.environ["PAYMENTS_KEY"]

ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
INSTALLED_APPS = ["shop"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
