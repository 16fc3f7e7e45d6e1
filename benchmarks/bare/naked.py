"""The same address with no middleware at all: no session, nobody signed in, no headers, no log line."""

from benchmarks.bare.settings import *  # noqa: F403

MIDDLEWARE = []
