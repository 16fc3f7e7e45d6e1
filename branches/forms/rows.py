"""Rows one can add to a meeting's record: 议题, 决议, 表决."""

from django import forms

from branches.forms.typed import AsTyped, RowFormSet
from branches.minutes import AgendaEntry, ResolutionEntry, VoteEntry
from branches.votes import Ballot, Problem, Verdict, VoteRule, judge

MOST_ROWS = 50
_COUNTS = ("in_favour", "against", "abstained")
#: Counts that are none unless entered.
_NEVER_OPEN = ("written_in_favour", "written_against", "invalid")


def small_area(rows=2, **attrs):
    return forms.Textarea(attrs={"rows": rows, **attrs})


class AgendaForm(AsTyped, forms.Form):
    topic = forms.CharField(label="议题", max_length=300, error_messages={"required": "请填写议题。"})
    discussion = forms.CharField(label="发言要点", required=False, max_length=20000, widget=small_area())


class ResolutionForm(AsTyped, forms.Form):
    text = forms.CharField(label="决议", max_length=500, error_messages={"required": "请填写决议内容。"})
    owner = forms.TypedChoiceField(
        label="责任人",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": "责任人须是本组织当天的党员或班子成员，请重新选择。"},
    )
    due_on = forms.DateField(label="完成期限", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args, people=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = people


def _count(label):
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=99_999,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class VoteForm(AsTyped, forms.Form):
    """The counts of one vote; 应到 and 到会 left empty are those of the roster. Judged by `branches.votes` alone."""

    subject = forms.CharField(
        label="表决事项", max_length=200, error_messages={"required": "请填写表决事项。"}
    )
    rule = forms.ChoiceField(label="表决方式", choices=VoteRule.choices(), initial=VoteRule.GENERAL.value)
    entitled = _count("应到有表决权")
    present = _count("到会有表决权")
    in_favour = _count("赞成")
    against = _count("反对")
    abstained = _count("弃权")
    written_in_favour = _count("书面赞成")
    written_against = _count("书面反对")
    issued = _count("发出选票")
    returned = _count("收回选票")
    invalid = _count("无效票")
    seats = _count("应选名额")
    candidates = _count("候选人数")
    is_equal = forms.BooleanField(label="等额选举（选举书记、副书记）", required=False)

    #: How the names of those fields end that say nothing while no vote is entered.
    SAYING_NOTHING = ("-rule", "-is_equal", "-TOTAL_FORMS", "-INITIAL_FORMS")

    def __init__(self, *args, entitled=0, present=0, rules=tuple(VoteRule), **kwargs):
        self.roster_entitled, self.roster_present = entitled, present
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = [(rule.value, rule.label) for rule in rules]
        self.fields["entitled"].widget.attrs["placeholder"] = str(entitled)
        self.fields["present"].widget.attrs["placeholder"] = str(present)

    def has_changed(self):
        """A row in which only the way of voting was looked at is still an empty row."""
        return bool(set(self.changed_data) - {"rule", "is_equal"})

    def clean(self):
        cleaned = super().clean()
        rule = cleaned.get("rule")
        asks_majority = rule and rule not in (VoteRule.COMMITTEE, VoteRule.DEMOCRATIC_LIFE)
        if asks_majority and cleaned.get("in_favour") is None and "in_favour" not in self.errors:
            self.add_error("in_favour", "请填写赞成票数，没有就填 0。")
        return cleaned

    def entry(self) -> VoteEntry:
        """The vote as entered; call after validation."""
        values = self._numbers(self.cleaned_data)
        counted = {name: values[name] or 0 for name in (*_COUNTS, *_NEVER_OPEN)}
        return VoteEntry(subject=self.cleaned_data["subject"], **values | counted)

    def live_verdict(self) -> tuple[Verdict | None, list[Problem]]:
        """Judge what has been typed so far, empty counts still open; (None, problems) while a number is wrong."""
        wrong = [
            Problem(name, f"{self.fields[name].label}：{messages[0]}")
            for name, messages in self.errors.items()
            if name not in ("subject", "in_favour") and messages
        ]
        if wrong or "rule" not in self.cleaned_data:
            return None, wrong
        values = self._numbers(self.cleaned_data)
        values |= {name: values[name] or 0 for name in _NEVER_OPEN}
        values["rule"], values["differential"] = VoteRule(values["rule"]), values.pop("is_differential")
        verdict = judge(Ballot(**values))
        return verdict, list(verdict.problems)

    def _numbers(self, cleaned) -> dict:
        values = {name: cleaned.get(name) for name in VoteEntry.__dataclass_fields__ if name != "subject"}
        values["is_differential"] = not cleaned.get("is_equal")
        rule = values["rule"]
        if values["entitled"] is None:
            values["entitled"] = self.roster_entitled
        if values["present"] is None:
            values["present"] = min(self.roster_present, values["entitled"])
        if rule != VoteRule.ELECTION:
            values |= {"issued": None, "returned": None, "invalid": 0, "seats": None, "is_differential": True}
        if rule not in (VoteRule.ELECTION, VoteRule.ADMISSION):
            values["candidates"] = None
        return values


def _formset(form, **kwargs):
    return forms.formset_factory(
        form,
        formset=RowFormSet,
        extra=1,
        max_num=MOST_ROWS,
        absolute_max=MOST_ROWS + 10,
        validate_max=True,
        **kwargs,
    )


AgendaFormSet = _formset(AgendaForm)
ResolutionFormSet = _formset(ResolutionForm)
VoteFormSet = _formset(VoteForm)


def agenda_entries(rows: RowFormSet) -> tuple[AgendaEntry, ...]:
    return tuple(AgendaEntry(row["topic"], row["discussion"]) for row in rows.filled)


def resolution_entries(rows: RowFormSet) -> tuple[ResolutionEntry, ...]:
    return tuple(ResolutionEntry(row["text"], row["owner"], row["due_on"]) for row in rows.filled)


def vote_entries(rows: RowFormSet) -> tuple[VoteEntry, ...]:
    return tuple(form.entry() for form in rows.forms if form.has_changed())
