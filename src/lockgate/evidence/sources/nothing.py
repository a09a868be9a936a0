"""What a gate that measures no data set is given in its place: no rows, no columns."""

from collections.abc import Mapping
from typing import NoReturn

from lockgate.errors import EvidenceError
from lockgate.evidence.view import Column


class NoSource:
    """The data of a gate whose `needs.data` is None. Implements `view.Source`; whatever is asked of it is an error."""

    uri = ""
    format = "nothing"
    digest = ""
    rows = 0
    schema: Mapping[str, Column] = {}

    def _refuse(self, *_: object) -> NoReturn:
        raise EvidenceError("the gate measures no data set", fix="let `needs.data` name a role")

    distribution = nulls = counts = distinct_rows = shared_rows = table = _refuse
