"""Settings without a secret: nuages puts DATABASES and SECRET_KEY into the environment."""

import json
import os

DATABASES = json.loads(os.environ["DATABASES"])
DATABASE_ROUTERS = ["shop.router.Router"]
SECRET_KEY = os.environ["SECRET_KEY"]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["shop", "reports"]
USE_TZ = True
