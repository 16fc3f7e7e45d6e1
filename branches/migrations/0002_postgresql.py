from django.db import migrations

from branches import postgres


class Migration(migrations.Migration):
    dependencies = [("branches", "0001_initial")]

    operations = [
        migrations.RunPython(
            postgres.on_postgresql(forward), postgres.on_postgresql(backward), elidable=False
        )
        for forward, backward in (
            (postgres.COLLATE_PATH, postgres.UNCOLLATE_PATH),
            (postgres.FORBID, postgres.PERMIT),
            (postgres.INDEX_NAMES, postgres.UNINDEX_NAMES),
        )
    ]
