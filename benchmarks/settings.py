"""The product's settings as production has them, without what only a browser sees: TLS and hashed static names."""

from config.settings import *  # noqa: F403

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
STORAGES = STORAGES | {  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
WHITENOISE_USE_FINDERS = False
LOGGING = logs.settings(json=True, level="WARNING")  # noqa: F405
