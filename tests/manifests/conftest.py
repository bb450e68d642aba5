"""What the tests share: the last line that `make test` adds up."""


def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter:
        passed, failed, errors, skipped = (len(reporter.stats.get(k, [])) for k in ("passed", "failed", "error", "skipped"))
        print(f"{passed} passed, {failed + errors} failed, {skipped} skipped", flush=True)
