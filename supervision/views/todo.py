from django.shortcuts import render

from branches.access import Right, door
from supervision.queries.todo import todo as todo_of


@door(Right.VIEW)
def todo(request):
    actor = request.actor
    context = {"todo": todo_of(actor), "may_log": actor.may(Right.LOG_MEETINGS, actor.organization)}
    return render(request, "supervision/todo.html", context)
