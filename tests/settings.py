"""The product's settings with the few differences that tests need."""

import os
import tempfile

from config.settings import *  # noqa: F403

# Hashing a password properly takes a tenth of a second; the policy itself is tested in tests/config.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A task runs where it is called, whatever broker there is; tests marked `broker` publish to a real one.
CELERY_TASK_ALWAYS_EAGER = True
# Every test client builds the middleware anew: static files are looked up when asked for, not all read each time.
WHITENOISE_AUTOREFRESH = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
MEDIA_ROOT = os.path.join(tempfile.gettempdir(), f"gauge-media-{os.getpid()}")
LOGGING = logs.settings(json=False, level="WARNING")  # noqa: F405
