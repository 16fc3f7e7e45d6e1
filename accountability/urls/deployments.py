"""Issuing, deployments, quality checks."""

from django.urls import path

from accountability.views import deployments, issuing, quality

urlpatterns = [
    path("duty-templates/<int:pk>/issue/", issuing.template_issue, name="template-issue"),
    path("organizations/<int:pk>/issue-batches/", issuing.batch_list, name="batch-list"),
    path("issue-batches/<uuid:pk>/", issuing.batch_detail, name="batch-detail"),
    path("issue-batches/<uuid:pk>/progress/", issuing.batch_progress, name="batch-progress"),
    path("issue-batches/<uuid:pk>/withdraw/", issuing.batch_withdraw, name="batch-withdraw"),
    path("issue-batches/<uuid:pk>/resume/", issuing.batch_resume, name="batch-resume"),
    path("organizations/<int:pk>/deployments/", deployments.deployment_list, name="deployment-list"),
    path("organizations/<int:pk>/deployments/new/", deployments.deployment_create, name="deployment-create"),
    path("deployments/<int:pk>/", deployments.deployment_detail, name="deployment-detail"),
    path("deployments/<int:pk>/extend/", deployments.deployment_extend, name="deployment-extend"),
    path("deployments/<int:pk>/close/", deployments.deployment_close, name="deployment-close"),
    path("deployments/<int:pk>/withdraw/", deployments.deployment_withdraw, name="deployment-withdraw"),
    path("duty-lists/<int:pk>/deployment/", deployments.deployment_part, name="deployment-part"),
    path("duty-lists/<int:pk>/deployment/units/", deployments.deployment_units, name="deployment-units"),
    path("duties/<int:pk>/chain/", deployments.deployment_chain, name="deployment-chain"),
    path("organizations/<int:pk>/quality-checks/", quality.quality_list, name="quality-list"),
    path("organizations/<int:pk>/quality-checks/draw/", quality.quality_draw, name="quality-draw"),
    path("quality-checks/<int:pk>/", quality.quality_detail, name="quality-detail"),
    path("quality-checks/<int:pk>/judge/", quality.quality_judge, name="quality-judge"),
    path("quality-checks/<int:pk>/answer/", quality.quality_answer, name="quality-answer"),
]
