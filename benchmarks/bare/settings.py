"""The product's configuration with one address more."""

from benchmarks.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.bare.urls"
