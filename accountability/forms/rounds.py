from datetime import date

from django import forms

from accountability.choices import Subject
from accountability.exchange.values import FIRST_YEAR, LAST_YEAR
from accountability.models import Evaluation, EvaluationRound, Scheme
from accountability.queries.round_plans import NONE, is_too_wide, levels_below, units_below, usable_schemes
from branches.choices import COMMITTEE_POSTS, Level, Post
from branches.forms.ticks import RowTicks
from branches.models import Organization

_DAY = {"type": "date"}
_TICK = {"class": "form-check-input narrows"}


class _SchemeTicks(RowTicks):
    def label_from_instance(self, scheme):
        who = "、".join(
            [*scheme.kind_labels, *scheme.level_labels, *(f"{each}领域" for each in scheme.sector_labels)]
        )
        subject = "（考核个人）" if scheme.subject == Subject.PERSON else ""
        return f"{scheme.title}{subject} · 适用：{who or '各类单位'} · {scheme.organization} 第{scheme.version}版"


def _proposed(schemes, organization: Organization) -> list[Scheme]:
    """Those for units, the committee's own before those from above: the others would fit the same units once more."""
    of_units = [scheme for scheme in schemes if scheme.subject == Subject.UNIT]
    own = [scheme for scheme in of_units if scheme.organization_id == organization.pk]
    return own or of_units or list(schemes)


class RoundForm(forms.Form):
    """What is evaluated, over which days, by which schemes and at which levels; and what is to become of units that
    several schemes fit (`choice-…`) or none."""

    title = forms.CharField(label="名称", max_length=120)
    year = forms.IntegerField(label="年度", min_value=FIRST_YEAR, max_value=LAST_YEAR)
    starts_on = forms.DateField(label="考核期起", widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    ends_on = forms.DateField(
        label="考核期止",
        help_text="这段时间的会议、责任和加减分计入。",
        widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"),
    )
    fill_until = forms.DateField(
        label="填报截止",
        help_text="被考核单位填到这一天为止，以后可以延长。",
        widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"),
    )
    schemes = _SchemeTicks(
        label="考核办法", queryset=None, required=False, widget=forms.CheckboxSelectMultiple(attrs=_TICK)
    )
    levels = forms.TypedMultipleChoiceField(
        label="考核哪些层级",
        coerce=int,
        required=False,
        help_text="不选为各级。",
        widget=forms.CheckboxSelectMultiple(attrs=_TICK),
    )
    posts = forms.MultipleChoiceField(
        label="考核哪些职务（考核个人的办法）",
        choices=[(post.value, post.label) for post in COMMITTEE_POSTS],
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs=_TICK),
    )
    leave_out = forms.BooleanField(
        label="不考核这些单位",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, data=None, *, organization: Organization, today: date, **kwargs):
        year = today.year
        if data is not None and str(data.get("year", "")).isdecimal() and len(data["year"]) < 10:
            year = min(max(int(data["year"]), FIRST_YEAR), LAST_YEAR)
        schemes = usable_schemes(organization, year, today)
        levels = levels_below(organization, today)
        is_wide = is_too_wide(units_below(organization, (), today))
        initial = {
            "title": f"{year}年度党建考核",
            "year": year,
            "starts_on": date(year, 1, 1),
            "ends_on": date(year, 12, 31),
            "fill_until": max(today, date(year, 12, 20)),
            "schemes": _proposed(schemes, organization),
            # Of a very large tree what lies directly below; the rest is for the committees in between.
            "levels": levels[:1] if is_wide else levels,
            "posts": [Post.SECRETARY],
        }
        super().__init__(data, initial=initial, **kwargs)
        self.year, self.organization = year, organization
        self.fields["schemes"].queryset = schemes
        self.fields["levels"].choices = [(level, Level(level).label) for level in levels]
        self.is_personal = any(scheme.subject == Subject.PERSON for scheme in schemes)
        for name in ("title", "year", "starts_on", "ends_on", "fill_until"):
            self.fields[name].widget.attrs["class"] = "form-control"
        self.fields["year"].widget.attrs["class"] += " narrows"

    def clean(self):
        values = super().clean()
        starts_on, ends_on = values.get("starts_on"), values.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "考核期止不能早于考核期起。")
        if values.get("fill_until") and starts_on and values["fill_until"] < starts_on:
            self.add_error("fill_until", "填报截止不能早于考核期起。")
        return values

    @property
    def chosen(self) -> tuple[list[Scheme], list[int], list[str]]:
        """Schemes, levels and posts as they stand, whatever else is wrong."""
        if not self.is_bound:
            values = self.initial
            return list(values["schemes"]), list(values["levels"]), list(values["posts"])
        self.is_valid()
        values = self.cleaned_data
        return list(values.get("schemes", ())), values.get("levels", []), values.get("posts", [])

    @property
    def choices(self) -> dict[str, int]:
        """What was picked for units that several schemes fit, by the key of the clash."""
        found = {}
        for name, value in (self.data or {}).items():
            if name.startswith("choice-") and str(value).isdecimal() and len(value) < 19:
                found[name.removeprefix("choice-")] = int(value)
        return found

    @property
    def none(self) -> int:
        """The choice that leaves such units out."""
        return NONE


class RoundChangeForm(forms.ModelForm):
    """The name of a round, and until when facts may be stated."""

    class Meta:
        model = EvaluationRound
        fields = ["title", "fill_until"]
        widgets = {"fill_until": forms.DateInput(attrs=_DAY, format="%Y-%m-%d")}


class ReasonForm(forms.Form):
    """Why; readable by everybody the step concerns."""

    reason = forms.CharField(label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, label="原因", **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label


class RoundFilterForm(forms.Form):
    """Which of those evaluated a page shows."""

    unit = forms.CharField(
        label="单位",
        max_length=60,
        required=False,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": "名称、编码或拼音首字母",
                "class": "form-control form-control-sm",
            }
        ),
    )
    show = forms.ChoiceField(
        label="只看",
        required=False,
        choices=[
            ("", "全部"),
            ("unfilled", "还没有填报"),
            ("partly", "填了一部分"),
            ("filled", "已填完"),
            ("outdated", "总分不是最新"),
            ("faulty", "事实有错"),
            ("objected", "有异议待答复"),
        ],
    )
    scheme = forms.ChoiceField(label="考核办法", required=False)
    grade = forms.ChoiceField(label="等次", required=False)
    group = forms.ChoiceField(label="组别", required=False)

    def __init__(self, data, *, schemes=(), grades=(), groups=(), **kwargs):
        super().__init__(data, **kwargs)
        self.fields["scheme"].choices = [("", "全部办法"), *((str(pk), title) for pk, title in schemes)]
        self.fields["grade"].choices = [("", "全部等次"), *((each, each) for each in grades)]
        self.fields["group"].choices = [("", "全部组别"), *((each, each) for each in groups)]
        for name in ("scheme", "grade", "group"):
            if len(self.fields[name].choices) <= 2 and not (data or {}).get(name):
                del self.fields[name]
        for name, field in self.fields.items():
            if name != "unit":
                field.widget.attrs["class"] = "form-select form-select-sm"

    @property
    def filters(self) -> dict[str, str]:
        """What is asked for, of values the page offers."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def active(self) -> list[tuple[str, str]]:
        """The filters that are on, as (parameter, words)."""
        words = []
        for name, value in self.filters.items():
            shown = f"单位含“{value}”" if name == "unit" else dict(self.fields[name].choices)[value]
            words.append((name, shown))
        return words


class CandidateFilterForm(forms.Form):
    """Which of the units that are not evaluated are shown."""

    unit = forms.CharField(
        label="单位",
        max_length=60,
        required=False,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": "名称、编码或拼音首字母",
                "class": "form-control form-control-sm",
            }
        ),
    )
    level = forms.ChoiceField(
        label="层级", required=False, widget=forms.Select(attrs={"class": "form-select form-select-sm"})
    )

    def __init__(self, data, *, levels, **kwargs):
        super().__init__(data, **kwargs)
        self.fields["level"].choices = [
            ("", "全部层级"),
            *((str(each), Level(each).label) for each in levels),
        ]

    @property
    def filters(self) -> dict[str, str]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def active(self) -> list[tuple[str, str]]:
        return [
            (name, f"单位含“{value}”" if name == "unit" else Level(int(value)).label)
            for name, value in self.filters.items()
        ]


class AddUnitsForm(forms.Form):
    """By which scheme units are taken in, and whom of them."""

    scheme = forms.ModelChoiceField(
        label="考核办法", queryset=None, required=False, empty_label="本次考核已有的办法中适用的一份"
    )
    posts = forms.MultipleChoiceField(
        label="职务（考核个人的办法）",
        choices=[(post.value, post.label) for post in COMMITTEE_POSTS],
        initial=[Post.SECRETARY],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args, round: EvaluationRound, today: date, **kwargs):
        super().__init__(*args, **kwargs)
        schemes = usable_schemes(round.organization, round.year, today)
        self.fields["scheme"].queryset = schemes
        if not any(scheme.subject == Subject.PERSON for scheme in schemes):
            del self.fields["posts"]


class GroupForm(forms.Form):
    """The group within which units are compared."""

    group = forms.CharField(
        label="组别", max_length=40, required=False, help_text="留空为不分组。名额和比较可以按组别分开。"
    )


class EvaluationSettingsForm(forms.ModelForm):
    """What the committee says of one unit or officer: group, difficulty, sizes, and the units in their charge."""

    class Meta:
        model = Evaluation
        fields = ["group", "coefficient"]
        help_texts = {
            "group": "在同一组别内比较；办法按组别定难度系数的，写办法中的名称。",
            "coefficient": "只对本单位；不填的用组别的系数。",
        }

    def __init__(self, *args, sizes=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.sizes = list(sizes)
        for number, name in enumerate(self.sizes):
            self.fields[f"size_{number}"] = forms.IntegerField(
                label=f"{name}（数目）",
                min_value=0,
                max_value=1_000_000,
                initial=self.instance.numbers.get(name),
            )
        self.fields["charges"] = forms.CharField(
            label="分管（联系）单位",
            required=False,
            initial="\n".join(unit.name for unit in self.instance.in_charge_of.order_by("path")),
            help_text="每行一个单位的全称或编码。办法中“本人与分管单位挂钩”的项目按它们计算。",
            widget=forms.Textarea(attrs={"rows": 3}),
        )

    def clean_coefficient(self):
        coefficient = self.cleaned_data["coefficient"]
        if coefficient is not None and not 0 < coefficient <= 100:
            raise forms.ValidationError("难度系数应大于 0、不超过 100。")
        return coefficient

    def clean_charges(self):
        lines = [line.strip() for line in self.cleaned_data["charges"].splitlines() if line.strip()]
        found = []
        for line in dict.fromkeys(lines):
            units = list(
                Organization.objects.below(self.instance.round.organization).filter(name=line)[:2]
            ) or list(Organization.objects.below(self.instance.round.organization).filter(code=line)[:1])
            if not units:
                raise forms.ValidationError(f"没有找到“{line}”，请写全称或编码。")
            if len(units) > 1:
                raise forms.ValidationError(f"有几个单位都叫“{line}”，请写编码。")
            found.append(units[0])
        return found

    @property
    def numbers(self) -> dict[str, int]:
        return {name: self.cleaned_data[f"size_{place}"] for place, name in enumerate(self.sizes)}
