"""The gate `external`: results of other tools, in the forms that they write."""

import hashlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent

import numpy as np
import pytest
from scipy import stats

from lockgate.errors import EvidenceError, PolicyError
from lockgate.external import junit, sarif, table
from lockgate.law import quantile
from lockgate.run import execute
from lockgate.stats.paired.cases import against, by_case, own
from lockgate.types import ExitCode, Finding, Record, Status

PROMPTFOO = {
    "results": {
        "results": [
            {"testIdx": n % 10, "success": n % 10 != 3, "score": 0.9 if n % 10 != 3 else 0.2} for n in range(20)
        ],
        "stats": {"successes": 18, "failures": 2},
    }
}
LM_EVAL = {"results": {"hellaswag": {"acc,none": 0.612, "acc_norm,none": "0.71"}}}
K6 = {"metrics": {"http_req_duration": {"p(95)": 211.4}, "checks": {"passes": 99, "fails": 1}}}
DEEPEVAL = {"testCases": [{"name": f"q{n}", "success": True, "metricsData": [{"score": 0.8}]} for n in range(12)]}
INSPECT = {"samples": [{"id": n, "scores": {"match": {"value": "C" if n else "I"}}} for n in range(30)]}


OF_PROMPTFOO = "cases: results.results\ncase: {id: testIdx"
OF_INSPECT = "cases: samples\ncase: {id: id, passed: scores.match.value}"


def check(folder: Path, gate: str, more: str = "task: other") -> Record:
    policy = folder / "lockgate.yaml"
    policy.write_text(f"lockgate: 1\nmodel: {{{more}}}\ngates:\n  evals:\n    uses: external\n{indent(gate, '    ')}\n")
    return execute(policy).record


def finding(record: Record, metric: str) -> Finding:
    return next(found for found in record.content.findings if found.metric == metric)


def write(folder: Path, document: object, name: str = "r.json") -> None:
    (folder / name).write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("document", "gate", "metric", "value"),
    [
        (PROMPTFOO, f"{OF_PROMPTFOO}, passed: success}}\npass_rate: {{min: 0.5}}", "pass_rate", 0.9),
        (PROMPTFOO, f"{OF_PROMPTFOO}, score: score}}\nmean_score: {{min: 0.5}}", "mean_score", 0.83),
        (LM_EVAL, """values: {acc: 'results.hellaswag."acc,none"'}\nacc: {min: 0.6}""", "acc", 0.612),
        (LM_EVAL, """values: {acc: 'results.hellaswag."acc_norm,none"'}\nacc: {min: 0.6}""", "acc", 0.71),
        (K6, 'values: {p95: metrics.http_req_duration."p(95)"}\nbetter: {p95: lower}\np95: {max: 250}', "p95", 211.4),
        (DEEPEVAL, "cases: testCases\ncase: {id: name, passed: success}\npass_rate: {min: 0.9}", "pass_rate", 1.0),
        (INSPECT, f"{OF_INSPECT}\npass_rate: {{min: 0.8}}", "pass_rate", 29 / 30),
    ],
)  # fmt: skip
def test_the_reports_of_known_tools(tmp_path: Path, document: object, gate: str, metric: str, value: float) -> None:
    write(tmp_path, document)
    record = check(tmp_path, f"file: r.json\n{gate}")
    assert finding(record, metric).value == pytest.approx(value)
    assert record.verdict.exit_code is ExitCode.PASSED


def test_json_lines_and_csv_are_cases_too(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text("".join(f'{{"q": {n}, "ok": {str(n > 0).lower()}}}\n' for n in range(20)))
    (tmp_path / "r.csv").write_text("q,ok,score\n" + "".join(f"{n},{n > 0},{n / 10}\n" for n in range(20)))
    for name in ("r.jsonl", "r.csv"):
        gate = (
            f"file: {name}\ncases: '@'\ncase: {{id: q, passed: ok}}\npass_rate: {{min: 0.9}}\ncase_count: {{min: 20}}"
        )
        record = check(tmp_path, gate)
        assert finding(record, "pass_rate").value == pytest.approx(0.95)
        assert finding(record, "case_count").value == 20


def test_junit_of_pytest_itself(tmp_path: Path) -> None:
    """The report that this very test runner writes."""
    import subprocess

    tests = "import pytest\n\ndef test_a(): pass\ndef test_b(): assert 0\n@pytest.mark.skip\ndef test_c(): pass\n"
    (tmp_path / "test_it.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junit-xml=r.xml", "test_it.py"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    record = check(
        tmp_path, "file: r.xml\nmetrics: {failed_cases: {max: 0}, skipped_cases: {max: 0}, case_count: {min: 3}}"
    )
    assert {each.metric: (each.value, each.status.value) for each in record.content.findings} == {
        "failed_cases": (1, "fail"),
        "skipped_cases": (1, "fail"),
        "case_count": (3, "pass"),
    }


def test_sarif_counts_by_level_what_is_not_suppressed() -> None:
    rules = [{"id": "R", "defaultConfiguration": {"level": "error"}}]
    results = [
        {"ruleId": "R"},
        {"level": "note"},
        {},
        {"level": "error", "suppressions": [{"kind": "inSource"}]},
        {"level": "grave"},
        {"kind": "pass", "level": "none"},
    ]
    log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"rules": rules}}, "results": results}]}
    assert sarif.read(json.dumps(log), "f").values == {"errors": 2.0, "warnings": 1.0, "notes": 1.0, "results": 4.0}


@pytest.mark.parametrize(
    "log",
    [
        {"runs": []},
        {"runs": [{"tool": {}}]},
        {"runs": [{"results": [], "invocations": [{"executionSuccessful": False}]}]},
        {"runs": [{"results": [], "invocations": [{"executionSuccessful": "false"}]}]},
        {"runs": [{"results": [], "invocations": {"executionSuccessful": False}}]},
    ],
)
def test_a_scan_that_did_not_run_is_no_clean_scan(log: object) -> None:
    with pytest.raises(EvidenceError):
        sarif.read(json.dumps(log), "f")


def test_sarif_takes_a_level_from_wherever_the_rule_stands() -> None:
    """CodeQL's rules are an extension's; a suppression that was refused, or waits, suppresses nothing."""
    rules = [{"id": "js/xss", "defaultConfiguration": {"level": "error"}}, "no rule", {"id": ["x"]}]
    results = [
        {"ruleId": "js/xss"},
        {"rule": {"id": "js/xss", "toolComponent": {"index": 0}}},
        {"ruleId": "js/xss/1"},
        {"level": "error", "suppressions": [{"kind": "external", "status": "rejected"}]},
        {"level": "error", "suppressions": [{"kind": "external"}, {"kind": "external", "status": "underReview"}]},
        {"level": "error", "kind": "Pass"},
        {"level": ["note"], "suppressions": "all"},
        {"level": "error", "kind": "informational"},
    ]
    log = {"runs": [{"tool": {"driver": [], "extensions": [{"rules": rules}]}, "results": results}]}
    assert sarif.read(json.dumps(log), "f").values["errors"] == 7


@pytest.mark.parametrize(
    ("attributes", "outcome"),
    [
        ("status='notrun' result='suppressed'", "skipped"),
        ("status='run' result='completed'", "passed"),
        ("status='failed'", "failed"),
        ("result='timedOut'", "error"),
    ],
)
def test_junit_that_tells_the_end_in_an_attribute(attributes: str, outcome: str) -> None:
    """GoogleTest writes a disabled test as a case without an element in it."""
    assert [case.outcome for case in junit.read(f"<testsuite><testcase {attributes}/></testsuite>", "f").cases] == [
        outcome
    ]


def test_junit_in_a_namespace() -> None:
    text = "<s:testsuite xmlns:s='urn:x'><s:testcase name='a'><s:failure/></s:testcase></s:testsuite>"
    assert [case.outcome for case in junit.read(text, "f").cases] == ["failed"]
    mixed = "<testsuite xmlns:s='urn:x'><testcase name='a'><s:failure/></testcase></testsuite>"
    assert [case.outcome for case in junit.read(mixed, "f").cases] == ["failed"]


@pytest.mark.parametrize(
    "text",
    [
        "<testsuite errors='1'><testcase/></testsuite>",
        (
            "<testsuites><testsuite failures='1'><testcase/></testsuite>"
            "<testsuite failures='1'><testcase><failure/></testcase></testsuite></testsuites>"
        ),
        "<testsuites failures='2'><testsuite><testcase><failure/></testcase></testsuite></testsuites>",
        "<testsuite><error/><testcase/></testsuite>",
    ],
)
def test_a_suite_that_broke_outside_of_its_cases_is_no_pass(text: str) -> None:
    with pytest.raises(EvidenceError, match="fail"):
        junit.read(text, "f")


def test_a_case_that_broke_is_a_failure_too(tmp_path: Path) -> None:
    write(tmp_path, [{"ok": "error"}, {"ok": "passed"}, {"ok": "failed"}])
    record = check(tmp_path, "file: r.json\ncase: {passed: ok}\nfailed_cases: {max: 1}\nerror_cases: {max: 1}")
    assert {each.metric: each.value for each in record.content.findings} == {"failed_cases": 2, "error_cases": 1}


@pytest.mark.parametrize("text", ["<a>", "<testsuite/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><testsuite/>", "no xml"])
def test_no_report_is_no_pass(text: str) -> None:
    with pytest.raises(EvidenceError):
        junit.read(text, "f")


@pytest.mark.parametrize("text", ["a,b\n", "a,a\n1,2\n", "a,b\n1\n", 'a,b\n1,"2\n'])
def test_a_broken_table_is_no_table(text: str) -> None:
    with pytest.raises(EvidenceError):
        table.read(text, "f")


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("", "values: {a: a}\na: {min: 1}"),
        ("{", "values: {a: a}\na: {min: 1}"),
        ('{"a": NaN}', "values: {a: a}\na: {min: 1}"),
        ('{"a": null}', "values: {a: a}\na: {min: 1}"),
        ('{"a": true}', "values: {a: a}\na: {min: 1}"),
        ('{"a": []}', "cases: a\ncase: {passed: ok}\npass_rate: {min: 0.5}"),
        ('{"a": [{"ok": "maybe"}]}', "cases: a\ncase: {passed: ok}\npass_rate: {min: 0.5}"),
        ('{"a": [{"ok": null}]}', "cases: a\ncase: {passed: ok}\npass_rate: {min: 0.5}"),
        ('{"a": [{"id": null, "ok": 1}]}', "cases: a\ncase: {id: id, passed: ok}\npass_rate: {min: 0.5}"),
        ("[" * 100_000, "values: {a: a}\na: {min: 1}"),
        ('{"a": 2, "a": 0}', "values: {a: a}\na: {min: 0}"),
        ('[{"ok": false, "ok": true}]', "case: {passed: ok}\npass_rate: {min: 0.5}"),
        ('{"ok": true}\n{"ok": false, "ok": true}', "case: {passed: ok}\npass_rate: {min: 0.5}"),
        (f'{{"a": {"9" * 400}}}', "values: {a: a}\na: {min: 1}"),
        ('{"a": "1_000"}', "values: {a: a}\na: {min: 1}"),
        ('{"a": "\u0669"}', "values: {a: a}\na: {min: 1}"),
        ('{"a": "0,95"}', "values: {a: a}\na: {min: 0}"),
        ('{"a": "inf"}', "values: {a: a}\na: {min: 1}"),
        ('[{"ok": "skipped"}, {"ok": "skipped"}]', "case: {passed: ok}\nfailed_cases: {max: 0}"),
        ("\ufeff[]x", "values: {a: a}\na: {min: 1}"),
    ],
)
def test_what_is_missing_or_broken_is_never_a_pass(tmp_path: Path, text: str, gate: str) -> None:
    (tmp_path / "r.json").write_text(text)
    record = check(tmp_path, f"file: r.json\nformat: json\n{gate}")
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED
    assert record.content.findings[0].message


@pytest.mark.parametrize(
    "gate",
    [
        "values: {a: 'a[['}\na: {min: 1}",
        "cases: 'a[['\nfailed_cases: {max: 0}",
        "case: {passed: 'a[['}\nfailed_cases: {max: 0}",
        "values: {a: a}\ncandidate: 'a[['\na: {min: 1}",
    ],
)
def test_a_wrong_expression_is_a_mistake_of_the_policy_that_names_it(tmp_path: Path, gate: str) -> None:
    write(tmp_path, {"a": 1})
    with pytest.raises(PolicyError) as caught:
        check(tmp_path, f"file: r.json\n{gate}")
    (mistake,) = caught.value.mistakes
    assert "'a[[' is no JMESPath expression" in mistake.what
    assert "jmespath.org" in mistake.fix


@pytest.mark.parametrize(
    ("gate", "says"),
    [
        ("values: {wait: a}\nwait: {max: 1}", "use min, or say `better: {wait: lower}`"),
        ("values: {wait: a}\nbetter: {wait: lower}\nwait: {min: 1}", "use max, or say `better: {wait: higher}`"),
        ("pass_rate: {max: 1}", "use min"),
        ("values: {wait: a}\nbetter: {wiat: lower}\nwait: {min: 1}", "`values`, and 'wiat' is none"),
    ],
)
def test_which_way_is_better_is_said_of_own_values_alone(tmp_path: Path, gate: str, says: str) -> None:
    with pytest.raises(PolicyError) as caught:
        check(tmp_path, f"file: r.json\n{gate}")
    (mistake,) = caught.value.mistakes
    assert f"{mistake.what}; {mistake.fix}".removesuffix("; ").endswith(says)


def test_unknown_keys_of_a_case_are_mistakes_of_the_policy(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="passed"):
        check(tmp_path, "file: r.json\ncases: a\ncase: {pased: ok}\npass_rate: {min: 0.5}")


def test_keys_of_a_case_the_wrong_way_round_are_written_out(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as refused:
        check(tmp_path, "file: r.json\ncases: a\ncase: {name: id}\npass_rate: {min: 0.5}")
    assert refused.value.mistakes[0].fix == "write {id: name, passed: …}"
    with pytest.raises(PolicyError) as refused:
        check(tmp_path, "file: r.json\ncases: a\ncase: {name: id, passed: ok}\npass_rate: {min: 0.5}")
    assert refused.value.mistakes[0].fix == "write {id: name, passed: ok}"


@pytest.mark.parametrize(
    ("command", "fix"),
    [
        ('"pytest -q"', 'write [pytest, "-q"]'),
        ("""'python -c "print(1, 2)"'""", """write [python, "-c", "print(1, 2)"]"""),
        ("run.sh", "write [run.sh]"),
    ],
)
def test_a_command_in_one_text_is_written_out_as_a_list(tmp_path: Path, command: str, fix: str) -> None:
    with pytest.raises(PolicyError) as refused:
        check(tmp_path, f"file: r.json\ncommand: {command}\nvalues: {{a: a}}\na: {{min: 1}}")
    assert refused.value.mistakes[0].fix == fix


@pytest.mark.parametrize(
    ("gate", "metric", "why"),
    [
        ("pass_rate: {min: 0.5}", "pass_rate", "name `cases` and `case: {passed: …}`"),
        ("case_count: {min: 5}", "case_count", "name `cases` and `case: {passed: …}`"),
        ("cases: c\ncase: {passed: ok}\nmean_score: {min: 0.5}", "mean_score", "name `case: {score: …}`"),
        ("cases: c\npass_rate: {min: 0.5}", "pass_rate", "name `case: {passed: …}`"),
        ("values: {acc: summary.acc}\nacc: {min: 0.5}", "acc", "`summary.acc` finds nothing in r.json"),
    ],
)
def test_what_the_policy_does_not_say_or_the_file_does_not_hold_is_named(
    tmp_path: Path, gate: str, metric: str, why: str
) -> None:
    write(tmp_path, runs([True] * 9))
    record = check(tmp_path, f"file: r.json\n{gate}")
    assert record.verdict.exit_code is ExitCode.NOT_JUDGED
    assert why in finding(record, metric).message


def runs(passed: Sequence[bool]) -> object:
    return {"c": [{"id": n, "ok": ok} for n, ok in enumerate(passed)]}


def test_against_the_champion_case_by_case(tmp_path: Path) -> None:
    old, new = [n % 10 > 0 for n in range(200)], [n % 10 > 2 for n in range(200)]
    write(tmp_path, runs(new))
    write(tmp_path, runs(old), "old.json")
    gate = "file: r.json\nchampion_file: old.json\ncases: c\ncase: {id: id, passed: ok}\npass_rate: {max_drop: 0.02}"
    found = finding(check(tmp_path, gate, "task: other, champion: none"), "pass_rate")
    assert found.status is Status.FAIL
    assert found.value == pytest.approx(0.2)
    assert found.p_value == pytest.approx(stats.binomtest(0, 40, alternative="less").pvalue)
    write(tmp_path, runs(old[:150]), "old.json")
    assert check(tmp_path, gate, "task: other, champion: none").verdict.exit_code is ExitCode.NOT_JUDGED


def test_results_of_another_model_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"model")
    digest = hashlib.sha256(b"model").hexdigest()
    gate = "file: r.json\ncandidate: sha\nvalues: {a: a}\na: {min: 1}"
    model = "task: other, candidate: model.bin"
    write(tmp_path, {"a": 1, "sha": f"sha256:{digest}"})
    assert check(tmp_path, gate, model).verdict.exit_code is ExitCode.PASSED
    for other in ({"a": 1}, {"a": 1, "sha": "0" * 64}):
        write(tmp_path, other)
        assert check(tmp_path, gate, model).verdict.exit_code is ExitCode.NOT_JUDGED


def test_a_command_writes_the_file_anew_without_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "canary")
    code = "import json, os; json.dump({'a': len(os.environ.get('SECRET_TOKEN', ''))}, open('r.json', 'w'))"
    (tmp_path / "tool.py").write_text(code)
    gate = (
        f"file: r.json\ncommand: ['{sys.executable}', tool.py]\nvalues: {{a: a}}\nbetter: {{a: lower}}\na: {{max: 0}}"
    )
    assert check(tmp_path, gate).passed


@pytest.mark.parametrize("code", ["pass", "raise SystemExit(3)", "import time; time.sleep(60)"])
def test_a_command_that_fails_hangs_or_writes_nothing_leaves_no_old_result(tmp_path: Path, code: str) -> None:
    write(tmp_path, {"a": 1})
    started = time.monotonic()
    gate = f"file: r.json\ntimeout: 2 s\ncommand: ['{sys.executable}', -c, '{code}']\nvalues: {{a: a}}\na: {{min: 1}}"
    assert check(tmp_path, gate).verdict.exit_code is ExitCode.NOT_JUDGED
    assert time.monotonic() - started < 30


def test_repeats_of_a_case_count_once() -> None:
    means = by_case(["a", "b", "a"], np.array([1.0, 0.0, 0.0]))
    assert means == {"a": 0.5, "b": 0.0}


def test_the_interval_of_a_rate_is_clopper_and_pearsons_where_few_fail() -> None:
    values = np.array([0.0] * 2 + [1.0] * 98)
    law = own(values, share=True)
    assert law is not None
    known = stats.binomtest(98, 100).proportion_ci(0.95, method="exact")
    assert quantile(law.law, 0.025) == pytest.approx(known.low, abs=2e-3)
    assert quantile(law.law, 0.975) == pytest.approx(known.high, abs=2e-3)


def test_intervals_over_repeated_cases_hold_the_truth() -> None:
    """Cases of different hardness, each asked three times: 95 % intervals hold the mean of all cases."""
    rng, held, runs_made = np.random.default_rng(4), 0, 400
    for _ in range(runs_made):
        hardness = rng.beta(4, 2, 60)
        law = own(rng.binomial(3, hardness) / 3, share=True)
        assert law is not None
        held += quantile(law.law, 0.025) <= 4 / 6 <= quantile(law.law, 0.975)
    assert 0.925 <= held / runs_made <= 0.975


def test_sign_flips_keep_their_level_for_scores() -> None:
    rng, rejected = np.random.default_rng(5), 0
    for _ in range(400):
        pair = rng.normal(size=(2, 40)) + rng.normal(size=40)
        found = against(pair[0], pair[1], 1)
        assert found.null is not None
        rejected += found.null.below <= 0.05
    assert 8 <= rejected <= 34
