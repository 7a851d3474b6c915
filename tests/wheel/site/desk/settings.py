"""Settings as the documentation has them."""

import nuages

DATABASES = nuages.databases()
SECRET_KEY = nuages.env("SECRET_KEY")
DEBUG = nuages.env("DEBUG", False, cast=bool)

ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
INSTALLED_APPS = ["nuages"]
ROOT_URLCONF = "desk.urls"
DEFAULT_EXCEPTION_REPORTER_FILTER = "nuages.debug.ExceptionReporterFilter"
SILENCED_SYSTEM_CHECKS = nuages.env("SILENCED", [], cast=list)
USE_TZ = True

# What Django's own filter shows.
REDIS_URL = nuages.env("REDIS_URL", "")
CELERY_BROKER_URL = REDIS_URL
SENTRY_DSN = "https://4b825dc642cb6eb9a060e54bf8d69288@sentry.example/7"
DB_PW = "fig-tree-71"
NESTED = {"outer": [{"url": "amqp://shop:beech-%40-19@broker.internal/shop"}, (SECRET_KEY, f"key is {SECRET_KEY}")]}
BROKER = "Driver={X};Server=db.internal;UID=shop;PWD={oak;8}};UID=x};KeyStoreSecret=elm-2291;Encrypt=yes"
HARMLESS = {"url": "postgres://shop@db.internal:5432/shop?sslmode=require", "name": "shop", "number": 5432}
