from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accountability.actions.scheme_starters import adopt_starter
from accountability.forms.scheme_starters import StarterForm
from accountability.models import Scheme
from accountability.scheme_layout import layout_of
from accountability.scheme_starters import starters
from accountability.scheme_tables import carried
from branches.access import Right, door
from branches.models import Organization


@door(Right.CONFIGURE, Organization)
def scheme_starters(request, organization):
    """The starters with what their examples give."""
    return render(
        request,
        "accountability/scheme_starters.html",
        {"organization": organization, "starters": list(starters().values())},
    )


@door(Right.CONFIGURE, Organization)
def scheme_starter(request, organization, slug):
    """One starter: the table in words, and its example worked to the point."""
    return _starter_page(
        request, organization, _found(slug), StarterForm(initial={"year": request.actor.today.year})
    )


@require_POST
@door(Right.CONFIGURE, Organization)
def scheme_starter_adopt(request, organization, slug):
    """Make a starter a scheme of one's own."""
    starter = _found(slug)
    form = StarterForm(request.POST)
    if form.is_valid():
        try:
            scheme = adopt_starter(
                actor=request.actor,
                organization=organization,
                starter=starter,
                year=form.cleaned_data["year"],
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error("year", "；".join(error.messages))
        else:
            messages.success(request, "已由示例新建，请按本地的办法修改：分值、条款和等次都可以改。")
            return redirect("scheme-detail", scheme.pk)
    return _starter_page(request, organization, starter, form, status=422)


def _found(slug):
    try:
        return starters()[slug]
    except KeyError:
        raise Http404 from None


def _starter_page(request, organization, starter, form, status=200):
    own = Scheme.objects.filter(organization=organization, code=starter.table.code).order_by("-year").first()
    context = {
        "organization": organization,
        "starter": starter,
        "layout": layout_of(carried(starter.table, request.actor.today.year)),
        "form": form,
        "own": own,
    }
    return render(request, "accountability/scheme_starter.html", context, status=status)
