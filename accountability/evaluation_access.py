"""Who sees what of an evaluation, and until when it may be written to.

The committee of a round sees its results always; whoever is evaluated, and the committees in between, see them from
the moment they are shown. A person's result is seen by that person and the committee alone.
"""

from django.core.exceptions import PermissionDenied, ValidationError

from accountability.choices import EntryOrigin, RoundState
from accountability.models import Evaluation, EvaluationRound
from branches.access import Actor, Right

#: When those who are evaluated see their points.
OPEN_STATES = (RoundState.SHOWN, RoundState.PUBLISHED)


def runs_round(actor: Actor, round: EvaluationRound) -> bool:
    """Whether the actor conducts the round."""
    return actor.may(Right.EVALUATE, round.organization)


def is_committee(actor: Actor, round: EvaluationRound) -> bool:
    """Whether the actor reads the round as its committee, or as somebody above it."""
    return actor.may(Right.VIEW_EVALUATIONS, round.organization)


def is_evaluated(actor: Actor, evaluation: Evaluation) -> bool:
    """Whether the actor speaks for whoever is evaluated: for the unit, or for oneself."""
    if evaluation.appointment_id is not None:
        return evaluation.appointment.user_id == actor.user.pk
    return actor.may(Right.FILL_EVALUATIONS, evaluation.organization)


def sees_evaluation(actor: Actor, evaluation: Evaluation) -> bool:
    """Whether the actor may open the evaluation at all, once they may read those of its organisation."""
    if evaluation.round.state == RoundState.WITHDRAWN or evaluation.appointment_id is not None:
        return is_committee(actor, evaluation.round) or is_evaluated(actor, evaluation)
    return True


def sees_points(actor: Actor, evaluation: Evaluation) -> bool:
    """Whether the actor sees points, total and grade."""
    return evaluation.round.state in OPEN_STATES or is_committee(actor, evaluation.round)


def may_state(actor: Actor, evaluation: Evaluation) -> bool:
    """Whether the actor may state facts now: who is evaluated until the day of the round, its committee while facts
    are gathered."""
    held = evaluation.round
    if held.state != RoundState.COLLECTING:
        return False
    return runs_round(actor, held) or (actor.today <= held.fill_until and is_evaluated(actor, evaluation))


def require_state(actor: Actor, evaluation: Evaluation) -> None:
    """Raise `PermissionDenied` unless the actor states facts of it at all, `ValidationError` when it is too late."""
    held = evaluation.round
    is_evaluator = runs_round(actor, held)
    if not is_evaluator and not is_evaluated(actor, evaluation):
        raise PermissionDenied(f"您当前的任职没有“{Right.FILL_EVALUATIONS.value}”的权限。")
    if held.state != RoundState.COLLECTING:
        raise ValidationError(f"“{held}”已不在采集事实阶段（{held.get_state_display()}），不能再填。")
    if not is_evaluator and actor.today > held.fill_until:
        raise ValidationError(
            f"填报已于{held.fill_until:%Y-%m-%d}截止。如需更正，请联系{held.organization}，由其代填或延期。"
        )


def may_change_entry(actor: Actor, entry) -> bool:
    """Whether the actor may change or withdraw an entry made by hand: a unit its own, the committee any."""
    if entry.origin != EntryOrigin.HAND or entry.withdrawn_at is not None:
        return False
    return may_state(actor, entry.evaluation) and (
        runs_round(actor, entry.evaluation.round) or _is_own(entry)
    )


def require_change(actor: Actor, entry) -> None:
    """The same, saying why not."""
    require_state(actor, entry.evaluation)
    if entry.origin != EntryOrigin.HAND:
        raise ValidationError("这一条不是填报的，不能改；有异议请提出。")
    if not runs_round(actor, entry.evaluation.round) and not _is_own(entry):
        raise PermissionDenied("这一条是组织考核的单位填的，不能由本单位改；有异议请向其提出。")


def _is_own(entry) -> bool:
    post = entry.appointment
    return post is None or post.organization_id == entry.evaluation.organization_id


def lock_round(pk: int, *states: RoundState) -> EvaluationRound:
    """Lock a round for writing in one of `states`, with its organisation; `ValidationError` in any other.

    Whatever writes into a round passes here, so that nothing changes once it is published.
    """
    EvaluationRound.objects.select_for_update().get(pk=pk)
    round = EvaluationRound.objects.select_related("organization").get(pk=pk)
    if round.state not in states:
        raise ValidationError(_REFUSED.get(round.state, "考核现在的状态不允许这样做。"))
    return round


_REFUSED = {
    RoundState.COLLECTING: "考核还在采集事实，结果还没有反馈。",
    RoundState.SHOWN: "结果已经反馈；要改动事实或重新计算，请考核单位先退回采集。",
    RoundState.PUBLISHED: "结果已经公布，不能再改。",
    RoundState.WITHDRAWN: "这次考核已经撤销。",
}
