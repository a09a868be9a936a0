"""Rules × measurements → findings, outcomes, verdict. Pure, and the only place that decides."""

from lockgate.judge.whole import judge

__all__ = ["judge"]
