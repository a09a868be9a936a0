"""A plan as JSON, for programs: all that it knows, numbers as they were reckoned."""

import json
from dataclasses import asdict, fields
from typing import Any

from lockgate.plan.result import Plan, Planned


def render(plan: Plan) -> str:
    """The plan as one JSON document."""
    held = {field.name: getattr(plan, field.name) for field in fields(plan)}
    held["assumptions"] = asdict(plan.assumptions)
    held["conditions"] = [_condition(each) for each in plan.conditions]
    held["unplanned"] = [asdict(each) for each in plan.unplanned]
    held["curve"] = [asdict(point) for point in plan.curve]
    return json.dumps({"plan": 1, **held}, indent=2, ensure_ascii=False) + "\n"


def _condition(each: Planned) -> dict[str, Any]:
    held = asdict(each)
    held["at"] = {key: value for key, value in held["at"].items() if value is not None}
    return {**held, "enough": each.enough}
