"""Settings without a secret: nuages puts DATABASES and the keys into the environment."""

import json
import os

DATABASES = json.loads(os.environ["DATABASES"])
SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
PAYMENT_KEY = os.environ["PAYMENT_KEY"]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "shop"]
USE_TZ = True
