from django.shortcuts import render

from branches.access import Right, door
from branches.forms.audit import AuditFilterForm
from branches.queries.audit import audit_page, chain_state


@door(Right.VIEW_AUDIT)
def audit_list(request):
    form = AuditFilterForm(request.GET)
    chosen = {name: value for name, value in form.cleaned_data.items() if value} if form.is_valid() else {}
    before = request.GET.get("before", "")
    rest = request.GET.copy()
    rest.pop("before", None)
    return render(
        request,
        "branches/audit_list.html",
        {
            "form": form,
            "filters": [(name, f"{form.fields[name].label}：{value}") for name, value in chosen.items()],
            "page": audit_page(**chosen, before=before if before.isdecimal() else ""),
            "chain": chain_state(),
            "query": f"{rest.urlencode()}&" if rest else "",
        },
    )
