"""Settings of a project that a page of the documentation adds its own to."""

import json
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ.get("SECRET_KEY", "")
DATABASES = json.loads(os.environ.get("DATABASES") or "{}")
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
ALLOWED_HOSTS = ["localhost"]
USE_TZ = True
