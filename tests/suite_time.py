"""A pytest plugin (`-p tests.suite_time`): print how long the fast tests and the whole suite take.

A run of the whole suite keeps its seconds in pytest's cache; a run of the fast tests prints both.
"""

import time

import pytest

FAST = "not slow"
_KEY = "servicedesk/whole_suite_seconds"
_STARTED = pytest.StashKey[float]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_STARTED] = time.monotonic()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    if config.args_source != pytest.Config.ArgsSource.TESTPATHS or config.option.keyword:
        return
    seconds = round(time.monotonic() - config.stash[_STARTED])
    if config.option.markexpr == FAST:
        whole = config.cache.get(_KEY, None) if config.cache else None
        before = f"{whole} s" if whole else "not run here yet"
        terminalreporter.write_line(f"Fast tests: {seconds} s (the whole suite: {before})")
    elif not config.option.markexpr and exitstatus == pytest.ExitCode.OK and config.cache:
        config.cache.set(_KEY, seconds)
