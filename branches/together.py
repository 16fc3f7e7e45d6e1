"""An operation of migrations that makes many tables as one.

Django renders all models that hang together anew after every single operation, which with a hundred of them takes half
a minute; here it does so once.
"""

from collections.abc import Sequence

from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation


class CreateModels(Operation):
    """Make the tables of several models, which may point to each other in any order."""

    serialization_expand_args = ["models"]

    def __init__(self, models: Sequence[CreateModel]):
        self.models = list(models)

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)  # what is not rendered is not rendered again for each model
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self):
        return f"Create {len(self.models)} models"
