"""tests/bench/run --smoke : what must hold on any machine, counted and never timed. Under a minute.

Bounds are a brake on getting slower, set a little above what is: lower them when it gets faster. (Kernel time is in no instruction
count: 3.4 times the instructions are about 3 times the CPU.)
"""

import scale
from allocations import of_program
from cases import BY_NAME, CASES, check_own, make_validated
from counting import counter
from load import load
from server import SPARKGATE, noop, sparkgate, start

INSTRUCTION_RATIO_MAX = {"pod7k": 3.0, "cm8k": 2.75}
RSS_MAX_MIB, RSS_10000_MAX_MIB = 12, 24
# Memory of the heap that sparkgate itself asks for between a request's arrival and its answer. What libraries ask for is reported.
NO_ALLOCATIONS = ("pod7k", "cm8k", "pod21k", "pod7k-update", "pod7k-validate")
# 10,000 namespaces beside one: a lookup more or less, never a walk.
FLAT_MAX = 1.02
# What a byte costs in the upper half of the sizes beside the lower half: 1 is linear, a square would be 6.
LINEAR_MAX = 1.15


def steepness(by_size):
    (a, ia), (b, ib), (c, ic) = sorted((int(size), count) for size, count in by_size.items())[-3:]
    return ((ic - ib) / (c - b)) / ((ib - ia) / (b - a))


def served(log):
    """Every case answered as it should be, a short load, and memory after it."""
    server = start("sparkgate", sparkgate, log)
    try:
        make_validated(server)
        check_own(server)
        for case in CASES:
            if not case.hostile:
                load(server, case, 300)
        return [("resident memory, MiB", server.rss_mib(), RSS_MAX_MIB),
                ("resident memory with 10,000 namespaces, MiB", scale.memory_by_namespaces(log, (10_000,))["10000"], RSS_10000_MAX_MIB)]  # fmt: skip
    finally:
        server.stop()


def allocated(ours):
    """Of ten requests or sixty the difference: what is made once for a connection is in both. Counted again where there is any: what the server
    does by the clock (it looks at its files) may fall into one of the two, and not three times; what is a request's comes each time."""
    bounds = []
    for name in NO_ALLOCATIONS:
        for _ in range(3):
            own, libraries = of_program(ours.allocations(BY_NAME[name]), SPARKGATE.name)
            if not any(own.values()):
                break
        told = ", ".join(f"{library} {count:.1f}" for library, count in sorted(libraries.items()))
        print(f"allocations of {name} by libraries: {told}")
        if not libraries["libmicrohttpd"] > 0:
            raise SystemExit("libmicrohttpd allocates for each answer, and none was seen: the dumps are read wrongly")
        for what, count in sorted(own.items()):
            print(f"  {what}: {count:g}")
        bounds.append((f"allocations of {name} by sparkgate", sum(map(abs, own.values())), 0))
    return bounds


def counted():
    with counter("sparkgate", scale.with_namespaces(1)) as ours, counter("no-op", noop) as floor:
        one = ours.request(BY_NAME["pod7k"])
        bounds = [(f"instructions of {name} beside the no-op", ours.request(BY_NAME[name]) / floor.request(BY_NAME[name]), bound)
                  for name, bound in INSTRUCTION_RATIO_MAX.items()]  # fmt: skip
        for what, sizes, make in (("an annotation", scale.SIZES, scale.padded), ("settings", scale.SETTINGS, scale.many_settings)):
            low, middle, high = sizes[-3:]
            by_size = scale.instructions_by_size(ours, (low, middle, high), make)
            print(f"instructions by bytes of {what}: {by_size}")
            bounds.append((f"instructions a byte of {what} above {middle >> 10} KiB beside below", steepness(by_size), LINEAR_MAX))
        bounds += allocated(ours)
    many = scale.instructions_by_namespaces((10_000,))["10000"]
    return [*bounds, ("instructions of pod7k with 10,000 namespaces beside one", many / one, FLAT_MAX)]


def run(log):
    bounds = served(log) + counted()
    failed = 0
    for what, value, bound in bounds:
        good = value <= bound
        failed += not good
        print(f"{'' if good else 'FAILED: '}{what}: {value:.3f}, at most {bound}")
    # 1: every answer was 200 and every rewriting one had its patch, or we would not be here.
    print(f"{1 + len(bounds) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0
