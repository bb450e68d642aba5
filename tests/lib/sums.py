"""For conftest.py (pytest.ini: pythonpath = ../lib): the last line of a run, which tests/lib/suite adds up."""


def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter:  # not in a worker of pytest-xdist
        passed, failed, errors, skipped = (len(reporter.stats.get(k, [])) for k in ("passed", "failed", "error", "skipped"))
        print(f"{passed} passed, {failed + errors} failed, {skipped} skipped", flush=True)
