"""Gates beyond those that follow from the data: the file's own safety, and what a policy only suggests."""

from collections.abc import Iterator

from lockgate.gates.base import metrics_of
from lockgate.gates.security import Security
from lockgate.init.proposal import GatePart, Limit, Proposal
from lockgate.types import Condition


def security_part() -> GatePart:
    """What the candidate's file is held to, unopened; a champion that misses a limit makes it a warning."""
    why = "the candidate's file, unopened; unsafe names, broken archives and secrets in it block in any case"
    form = Limit(
        metric="executable_format",
        bound="max",
        limit="0",
        warn=True,
        why="pickle and joblib can run code; skops cannot",
    )
    own = tuple(Limit(metric=metric, bound="max", limit="0") for metric in sorted(_asked_by_itself()))
    return GatePart(id="security", why=why, limits=(form, *own))


def _asked_by_itself() -> frozenset[str]:
    """What `security` allows none of though the policy does not say so: written only where the champion misses it."""
    return frozenset(name for name, metric in metrics_of(Security).items() if metric.default == Condition(max=0))


def goes_without_saying(gate: GatePart, limit: Limit) -> bool:
    """Whether a gate asks this by itself."""
    return gate.id == "security" and limit.metric in _asked_by_itself() and limit.limit == "0" and not limit.warn


def suggestions(proposal: Proposal) -> Iterator[tuple[str, str]]:
    """Gates that nobody asked for, each as a line of the policy, and what it is for."""
    yield "privacy: {pii_cells: {max: 0}, secrets: {max: 0}}", "personal data in the rows; keys and tokens anywhere"
    yield "robustness: {perturb: [noise, missing], flip_rate: {max: 0.1}}", "decisions that noise or gaps turn round"
    yield "explainability: {top_share: {max: 90%}}", "what the model leans on most, by SHAP"
    yield "operations: {latency_p95: {max: 100 ms}, size: {max: 100 MB}}", "timed here, beside the champion"
    if proposal.task != "regression":
        worth = '"CASE WHEN prediction = label THEN 1 ELSE -1 END"'
        yield f"business: {{sql: {worth}, value_per_row: {{max_drop: 0}}}}", "what it is worth"
    if "training" in proposal.data:
        yield "membership_inference: {membership_auc: {max: 0.55}}", "whether it gives its training rows away"
    yield "compliance: {card: MODEL_CARD.md}", "what a model card must say; `lockgate card` drafts one"
