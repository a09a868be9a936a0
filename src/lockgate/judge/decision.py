"""What decides all cases of a run alike."""

from dataclasses import dataclass

from lockgate.types import Inconclusive, Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What decides all cases of a run alike.

    Attributes:
        inconclusive: what an undecided condition means.
        confidence: level of the intervals, corrected where the data have been judged on before.
        excusing: level of those that excuse a bad estimate under `inconclusive: pass`; as wider ones excuse more, it is
            never corrected.
    """

    inconclusive: Inconclusive
    confidence: float
    excusing: float

    @classmethod
    def of(cls, rules: Rules, candidates: int | None) -> "Decision":
        """The decision of a run.

        Args:
            rules: what the policy asks.
            candidates: how many candidates have been judged on these data, this one included.

        Raises:
            ValueError: the policy corrects for their number, which is unknown.
        """
        number = 1
        if rules.reuse == "bonferroni":
            if candidates is None:
                raise ValueError("decide.reuse: bonferroni needs the number of candidates judged on these data")
            number = max(1, candidates)
        corrected = 1 - (1 - rules.confidence) / number
        return cls(inconclusive=rules.inconclusive, confidence=corrected, excusing=rules.confidence)
