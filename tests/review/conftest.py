def pytest_terminal_summary(terminalreporter):
    stats = terminalreporter.stats
    passed, skipped = len(stats.get("passed", [])), len(stats.get("skipped", []))
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    terminalreporter.config.sums = f"{passed} passed, {failed} failed, {skipped} skipped"


def pytest_unconfigure(config):
    if hasattr(config, "sums"):
        print(config.sums)
