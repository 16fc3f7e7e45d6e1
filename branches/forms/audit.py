from django import forms

from branches.forms.organizations import DayInput, compact


class AuditFilterForm(forms.Form):
    username = forms.CharField(label="用户", required=False, max_length=150)
    event = forms.CharField(label="事件", required=False, max_length=60)
    object_type = forms.CharField(label="对象类别", required=False, max_length=60)
    object_id = forms.CharField(label="对象编号", required=False, max_length=64)
    since = forms.DateField(label="自", required=False, widget=DayInput)
    until = forms.DateField(label="至", required=False, widget=DayInput)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        compact(self)
