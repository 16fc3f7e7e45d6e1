from django.urls import path

from supervision.views import cockpit, formula, help, home, todo

urlpatterns = [
    path("", home.home, name="home"),
    path("todo/", todo.todo, name="todo"),
    path("organizations/<int:pk>/cockpit/", cockpit.cockpit, name="cockpit"),
    path("organizations/<int:pk>/cockpit/units/", cockpit.cockpit_detail, name="cockpit-detail"),
    path("organizations/<int:pk>/cockpit/unit/", cockpit.cockpit_unit, name="cockpit-unit"),
    path("formulas/", formula.formula_list, name="formula-list"),
    path("formulas/change/", formula.formula_change, name="formula-change"),
    path("help/", help.help_index, name="help"),
    path("help/<slug:slug>/", help.help_page, name="help-page"),
]
