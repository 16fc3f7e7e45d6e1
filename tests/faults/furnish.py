"""Run by the fault tests in a process of its own: migrates DATABASE_URL and prints the desks that may submit."""

import json
import sys
from dataclasses import asdict

import django


def main() -> None:
    django.setup()
    from django.core.management import call_command

    from benchmarks import world

    call_command("migrate", verbosity=0)
    world.bulk_plant(world.tree(60), keep_history=False)
    json.dump([asdict(desk) for desk in world.furnish(int(sys.argv[1]), 12)], sys.stdout)


if __name__ == "__main__":
    main()
