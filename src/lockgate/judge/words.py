"""What a finding says: the value against its limit, why it is undecided, and what would settle or mend it."""

from lockgate.budget import LEAST_CHANCE
from lockgate.compare import ABSOLUTE, unit_of, upward
from lockgate.judge.clauses import Case
from lockgate.numbers import apart, rounded, short
from lockgate.types import Bound

WORDS: dict[Bound, str] = {
    "min": "needed is at least",
    "max": "allowed is at most",
    "max_drop": "allowed is a drop of at most",
    "min_gain": "needed is a gain of at least",
    "min_ratio": "needed is a ratio of at least",
    "max_ratio": "allowed is a ratio of at most",
    "warn": "the warning limit is",
}
"""How a bound reads in a sentence: "f1 is 0.61, needed is at least 0.65"."""

NAMES: dict[Bound, str] = {"max_drop": " drop", "min_gain": " gain", "min_ratio": " ratio", "max_ratio": " ratio"}
"""What of a metric a comparative bound speaks of."""

# Why a condition is undecided.
UNPROVEN = "the gate gives no interval for it, so it cannot be proven"
STRADDLES = "the limit lies inside the interval"
REACHES = "the interval reaches beyond the limit"
CHANCE = "it may be chance"
NOT_EXCLUDED = "a worsening beyond the limit is not ruled out"
UNKNOWN = "there are too few rows to say how far it may have worsened"
SUMMARISED = "the saved profile cannot tell on which side of the limit it lies"


def message(case: Case, because: str) -> str:
    """One sentence: the value, the limit, and what decided where that was not the value alone."""
    held, measured, metric, bound = case.held, case.measured, case.metric, case.bound
    where = f" on {measured.at}" if str(measured.at) else ""
    shown, shown_limit = apart(held.value, held.limit, unit_of(bound, metric))
    text = f"{measured.metric}{NAMES.get(bound, '')}{where} is {shown}"
    if held.bias and short(held.value) != short(measured.value):
        text += f" ({short(measured.value, metric.unit)}, corrected for what chance gives)"
    text += f", {WORDS[bound]} {shown_limit}"
    if bound in NAMES and measured.champion is not None:
        candidate, champion = apart(measured.value, measured.champion, metric.unit)
        text += f" (candidate {candidate}, champion {champion})"
    warn = case.clause.condition.warn
    if bound != "warn" and warn is not None:
        text += f", the warning limit is {short(warn, metric.unit)}"
    return f"{text}; {because}" if because else text


def remedy(case: Case, why: str | None, needed: int | None) -> str:
    """What would mend a failure or settle an undecided condition; nothing where neither is needed."""
    held = case.held
    if why in {CHANCE, NOT_EXCLUDED, UNKNOWN}:
        if needed is not None:
            return f"about {short(rounded(needed))} rows would settle it"
        return "" if why == UNKNOWN else "its true value may lie at the limit itself, which no number of rows settles"
    if why in {STRADDLES, REACHES}:
        return "four times the rows halve the interval"
    if why == SUMMARISED:
        return "name the data themselves as the reference"
    if held.good and (held.kind != "claim" or held.p_value is None):
        return ""
    if held.good:
        return "prove the gain on more rows"
    distance, low, high = abs(held.limit - held.value), case.metric.low, case.metric.high
    if case.bound in ABSOLUTE and low is not None and high is not None and distance >= high - low:
        return ""  # from one end of the domain to the other, as of a flag: the limit says it already
    short_by = short(distance, unit_of(case.bound, case.metric))
    return f"passes when it is {short_by} {'higher' if upward(case.bound, case.metric) else 'lower'}"


def reason(case: Case, share: float | None, why: str | None, confidence: float) -> str:
    """What decided where that was not the value alone, or why nothing could be decided; else nothing."""
    held = case.held
    if held.kind == "claim":
        if held.p_value is None:
            return "there are too few rows to prove it"
        return f"no gain would show this with {_p(held.p_value)}, proven at {short(1 - confidence, digits=2)}"
    if why == NOT_EXCLUDED:
        reached = held.reaches(confidence)
        worst = "" if reached is None else f" ({short(held.written(reached), unit_of(case.bound, case.metric), 3)})"
        return f"{why}{worst}"
    if why is not None and why != CHANCE:
        return why
    if held.p_value is None or held.chance is None or share is None or held.good:
        return ""
    if why == CHANCE:
        return f"{CHANCE} ({_p(held.p_value)}, at most {short(share, digits=2)} needed)"
    if share >= 1:
        share_of_runs = f"{held.chance:.1g}" if held.chance > LEAST_CHANCE else f"under {LEAST_CHANCE:g}"
        return f"chance alone gets beyond the limit in {share_of_runs} of all runs"
    return f"unlikely by chance ({_p(held.p_value)}, at most {short(share, digits=2)} needed)"


def _p(value: float) -> str:
    return f"p = {short(value, digits=2)}" if value >= 1e-4 else "p < 0.0001"
