"""Settings that take the database from what nuages hands over."""

import json
import os

DATABASES = json.loads(os.environ["DATABASES"])
# A pooled connection would be handed out again after its token has been replaced.
DATABASE_CONNECTION_POOLING = False

INSTALLED_APPS = ["desk"]
USE_TZ = True
