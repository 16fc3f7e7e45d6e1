"""The shared cache, which may vanish without taking a page with it."""

import logging

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def _forgiving(name: str, absent):
    method = getattr(RedisCache, name)

    def call(self, *args, **kwargs):
        try:
            return method(self, *args, **kwargs)
        except RedisError as error:
            logger.warning("cache unreachable: %s", error)
            return absent(args, kwargs)

    call.__name__ = name
    return call


class ForgivingRedisCache(RedisCache):
    """Redis as a cache only: when it cannot be reached every look-up misses and every write is dropped."""

    get = _forgiving("get", lambda args, kwargs: args[1] if len(args) > 1 else kwargs.get("default"))
    get_many = _forgiving("get_many", lambda args, kwargs: {})
    has_key = _forgiving("has_key", lambda args, kwargs: False)
    # Whoever uses add() as a lock is let through: two of them working twice is better than nobody working.
    add = _forgiving("add", lambda args, kwargs: True)
    set = _forgiving("set", lambda args, kwargs: None)
    set_many = _forgiving("set_many", lambda args, kwargs: [])
    touch = _forgiving("touch", lambda args, kwargs: False)
    delete = _forgiving("delete", lambda args, kwargs: False)
    delete_many = _forgiving("delete_many", lambda args, kwargs: None)
    incr = _forgiving("incr", lambda args, kwargs: 0)
    clear = _forgiving("clear", lambda args, kwargs: False)
