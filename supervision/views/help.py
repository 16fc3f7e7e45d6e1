from dataclasses import dataclass

from django.http import Http404
from django.shortcuts import render

from branches.access import open_to_signed_in
from supervision.queries.numbers import explained


@dataclass(frozen=True)
class Chapter:
    slug: str
    title: str
    about: str


CHAPTERS = [
    Chapter("branch", "支部书记、支部管理员", "每月要做的几件事，怎样用两分钟记完一次会议。"),
    Chapter("committee", "上级党委", "十秒钟看出哪一级冷了、为什么，再一路点到那次会议。"),
    Chapter(
        "evaluation", "考核与评议", "考核、述职评议、民主评议党员怎样走，结果怎样看，组织处置和问责由谁办。"
    ),
    Chapter("discipline", "纪委", "监督责任看什么、审核什么。"),
    Chapter("administrator", "管理员", "组织、任职、规则、口径怎样改，改之前怎样先看影响；三员各管什么。"),
    Chapter("member", "党员", "自己能看到什么，别人能看到自己什么。"),
    Chapter("numbers", "数字怎么算的", "每个指标的含义、权重、依据和补救办法，带算例。"),
    Chapter("privacy", "隐私与边界", "数据怎样保护，本系统不做什么。"),
]


@open_to_signed_in
def help_index(request):
    return render(request, "supervision/help/index.html", {"chapters": CHAPTERS})


@open_to_signed_in
def help_page(request, slug):
    chapter = next((each for each in CHAPTERS if each.slug == slug), None)
    if chapter is None:
        raise Http404
    context = {"chapter": chapter, "chapters": CHAPTERS}
    if slug == "numbers":
        context["numbers"] = explained(request.actor.today)
    return render(request, f"supervision/help/{slug}.html", context)
