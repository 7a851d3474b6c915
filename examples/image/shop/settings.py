"""Settings without a secret: nuages puts DATABASES and SECRET_KEY into the environment, or into files."""

import json
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def given(name):
    """What `nuages exec` put into the environment; or, where NAME_FILE says so, what `nuages render` wrote into a file."""
    file = os.environ.get(f"{name}_FILE")
    return Path(file).read_text() if file else os.environ[name]


DATABASES = json.loads(given("DATABASES"))
SECRET_KEY = given("SECRET_KEY")

# The names that a proxy sends on, and those that a probe inside of the container uses.
ALLOWED_HOSTS = [*filter(None, os.environ.get("ALLOWED_HOSTS", "").split(",")), "localhost", "127.0.0.1"]
INSTALLED_APPS = ["django.contrib.staticfiles", "shop"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static"
STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
