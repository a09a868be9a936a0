"""What holds for every test: settings of Hypothesis, and a skip is no pass where the project is checked."""

import os
import sys
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

IN_CI = bool(os.environ.get("CI"))

FLOOR = 3000
"""Fewer tests than this cannot be the whole suite: some folder was not collected."""

settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile("ci" if IN_CI else "dev")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one in CI on Linux: a test whose tool is missing has shown nothing."""
    report = yield
    if IN_CI and sys.platform == "linux" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and in CI nothing may be: {report.longrepr}"
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run of the whole suite in CI that executed too few tests to be it."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    whole = session.config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if not IN_CI or not whole or reporter is None or hasattr(session.config, "workerinput"):
        return
    passed = len(reporter.stats.get("passed", ()))
    if session.exitstatus == pytest.ExitCode.OK and passed < FLOOR:
        reporter.write_line(f"\nonly {passed} tests passed; the whole suite has at least {FLOOR}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
