"""What a model says about each row, before it is coded into the prediction frame."""

from dataclasses import dataclass

import pyarrow as pa

from lockgate.evidence.view import Floats, Label


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPredictions:
    """One model's answers, in the order of the rows.

    Attributes:
        prediction: class labels as the model names them, or numbers; n values. None where it gives only scores.
        score: (n,) probability of the positive class, or (n, k) one column per entry of `classes`.
        classes: the model's classes in its own order; None where it does not say.
    """

    prediction: pa.Array | None = None
    score: Floats | None = None
    classes: tuple[Label, ...] | None = None

    @property
    def rows(self) -> int:
        """How many rows it answers."""
        said = self.prediction if self.prediction is not None else self.score
        return 0 if said is None else len(said)
