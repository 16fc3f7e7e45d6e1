import tomllib
from datetime import date
from pathlib import Path

from django.db import transaction

from accountability.models import DutyTemplate, DutyTemplateItem

STARTERS = Path(__file__).resolve().parent.parent / "starters"


@transaction.atomic
def load_duty_starters(*, year: int, folder: Path = STARTERS) -> list[DutyTemplate]:
    """Create the starter templates of a year whose code is not there yet and return them.

    Nothing existing is touched. Items fall with the year (`sunset_on`) unless the file says otherwise, and stand on
    the source of their template unless they name their own.
    """
    known = set(DutyTemplate.objects.filter(year=year).values_list("code", flat=True))
    created = []
    for path in sorted(folder.glob("*.toml")):
        with path.open("rb") as file:
            data = tomllib.load(file)
        items = data.pop("item")
        if data["code"] in known:
            continue
        template = DutyTemplate(year=year, is_starter=True, **data)
        template.full_clean()
        template.save()
        for number, values in enumerate(items, start=1):
            defaults = {"legal_basis": template.source, "sunset_on": date(year, 12, 31)}
            item = DutyTemplateItem(template=template, number=number, **defaults | values)
            item.full_clean()
            item.save()
        created.append(template)
    return created
