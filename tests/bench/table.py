"""What was measured, in 80 columns."""

import os

COLUMNS = [("sparkgate", "cpu_us"), ("no-op", "noop_cpu_us"), ("psa", "psa_cpu_us"), ("ctrl-rt", "controller_runtime_cpu_us"), ("opa", "opa_cpu_us")]


def number(row, key, width, form=",.0f"):
    return f" {row[key]:>{width}{form}}" if row.get(key) is not None else f" {'-':>{width}}"


def requests(result):
    print(f"\n{'CPU us/request':17}" + "".join(f" {title:>9}" for title, _ in COLUMNS) + f" {'x no-op':>8}")
    for name, row in result["payload"].items():
        print(f"{name:17}" + "".join(number(row, key, 9) for _, key in COLUMNS) + number(row, "x_noop", 8, ".2f"))


def counted(result):
    print(f"\n{'instructions':17} {'sparkgate':>12} {'no-op':>10} {'ratio':>6}   {'p50 us':>7} {'p99 us':>7} {'req/s':>8}")
    for name, row in result["payload"].items():
        print(f"{name:17}" + number(row, "instructions", 12) + number(row, "noop_instructions", 10) + number(row, "x_noop_instructions", 6, ".2f")
              + "  " + number(row, "p50_us", 7) + number(row, "p99_us", 7) + number(row, "rps", 8))  # fmt: skip


GROWTH = [("instructions of pod7k, by namespaces", "instructions_by_namespaces"), ("instructions, by bytes with an annotation", "instructions_by_size"),
          ("instructions, by bytes of settings", "instructions_by_settings"), ("resident MiB, by namespaces", "rss_by_namespaces"),
          ("resident MiB, by connections", "rss_by_connections")]  # fmt: skip


def processes(result):
    print(f"\n{'':18} {'MiB idle':>9} {'loaded':>9} {'attacked':>9} {'ready ms':>9} {'handshake us':>13}")
    for name, peer in result["processes"].items():
        print(f"{name:18}" + "".join(number(peer, key, 9, ",.1f") for key in ("rss_idle_mib", "rss_mib", "rss_hostile_mib"))
              + number(peer, "ready_ms", 9) + number(peer, "handshake_us", 13))  # fmt: skip


def growth(result):
    for title, key in GROWTH:
        if result.get(key):
            print(f"\n{title}\n  " + ", ".join(f"{int(n):,}: {value:,}" for n, value in result[key].items()))


def show(result):
    requests(result)
    counted(result)
    processes(result)
    growth(result)
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; all of it: build/bench.json")
