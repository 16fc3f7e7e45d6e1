from django import forms

from accountability.models import NoticeWording
from accountability.wording import problems
from branches.models import User


class MailForm(forms.ModelForm):
    """Where somebody's own letters go, and whether there are any."""

    email = forms.EmailField(
        label="邮箱",
        required=False,
        max_length=254,
        error_messages={"invalid": "这不像一个邮箱地址，请检查有没有漏字或多余的空格。"},
        help_text="只用来给您发提醒，别人看不到。",
    )

    class Meta:
        model = User
        fields = ["email", "wants_mail"]
        help_texts = {"wants_mail": "每个工作日早上最多一封，没有待办就不发；不收邮件也能在收件箱里看到。"}

    def clean(self):
        values = super().clean()
        if values.get("wants_mail") and "email" in values and not values["email"]:
            self.add_error("email", "要接收提醒邮件，请填写邮箱地址；不想收就去掉勾选。")
        return values


class WordingForm(forms.ModelForm):
    """What one kind of notice says."""

    class Meta:
        model = NoticeWording
        fields = ["subject", "body", "is_active"]
        widgets = {"body": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"is_active": "停用后不再发出这一类提醒，已发出的随之结束。"}

    def clean_subject(self):
        return self._checked("subject")

    def clean_body(self):
        return self._checked("body")

    def _checked(self, name):
        text = self.cleaned_data[name]
        if found := problems(text, self.instance.kind):
            raise forms.ValidationError(found)
        return text
