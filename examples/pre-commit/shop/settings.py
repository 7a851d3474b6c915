"""Settings without a secret: nuages puts DATABASES and the key into the environment."""

import json
import os

DATABASES = json.loads(os.environ["DATABASES"])
SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
INSTALLED_APPS = ["shop"]
