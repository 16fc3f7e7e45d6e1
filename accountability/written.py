"""JSON that is written out already: explanations are turned into text before the transaction that stores them."""

import json


class Written:
    """A value as the text of its JSON, for a column whose encoder is `WrittenJSONEncoder`."""

    __slots__ = ("text",)

    def __init__(self, value):
        self.text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class WrittenJSONEncoder(json.JSONEncoder):
    """Stores `Written` values as they are, and all others as usual."""

    def encode(self, value):
        return value.text if isinstance(value, Written) else super().encode(value)
