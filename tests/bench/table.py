"""What was measured, for eyes: 80 columns."""

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


def growth(result):
    for title, key, unit in (("instructions of pod7k by namespaces", "instructions_by_namespaces", ""), ("instructions by bytes", "instructions_by_size", ""),
                             ("instructions by bytes of settings", "instructions_by_settings", ""),
                             ("resident by namespaces", "rss_by_namespaces", " MiB"), ("resident by connections", "rss_by_connections", " MiB")):  # fmt: skip
        if result.get(key):
            print(f"{title}: " + ", ".join(f"{int(n):,}: {value:,}{unit}" for n, value in result[key].items()))


def show(result):
    requests(result)
    counted(result)
    print(f"\nresident: {result['rss_idle_mib']:.1f} MiB idle, {result['rss_mib']:.1f} MiB after the load"
          f"   ready in {result['ready_ms']:.0f} ms   load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")  # fmt: skip
    for name, peer in result.get("processes", {}).items():
        print(f"{name:20}" + number(peer, "rss_idle_mib", 7, ".1f") + " MiB idle," + number(peer, "rss_mib", 7, ".1f") + " loaded," + number(peer, "rss_hostile_mib", 6) + " attacked; ready in"
              + number(peer, "ready_ms", 5) + " ms, handshake" + number(peer, "handshake_us", 6) + " us")  # fmt: skip
    growth(result)
