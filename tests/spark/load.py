"""A Spark Connect client that works a server hard and believes nothing: every result is compared with what arithmetic says.

	python load.py --remote sc://HOST:15002 [--rows N] [--partitions N] [--iterations N] [--python] [--s3 s3a://…]

A JSON object a line on stdout, the last with "step": "PASSED"; exit status 0 only if every assertion held. It runs in a
Python that has the client of one Spark version and nothing of this repository.
"""

import argparse
import json
import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

KEYS = 1000  # of the small side of the joins
JOINS = ("broadcast", "merge")  # by turns
STARTED = time.monotonic()


def say(step, **more):
    print(json.dumps({"step": step, "at": round(time.monotonic() - STARTED, 2), **more}), flush=True)


def check(what, got, want):
    assert got == want, f"{what}: got {got}, want {want}"


def connect(remote, seconds):
    """The Service's address may work a moment after its pod is ready."""
    end = time.monotonic() + seconds
    while True:
        try:
            spark = SparkSession.builder.remote(remote).getOrCreate()
            return spark, spark.version
        except Exception as error:
            if time.monotonic() > end:
                raise
            say("connecting", error=str(error)[:120])
            time.sleep(0.5)


def iterate(spark, rows, partitions, hint):
    numbers = spark.range(rows).repartition(partitions)
    check("sum", numbers.agg(F.sum("id")).collect()[0][0], rows * (rows - 1) // 2)
    check("even numbers", numbers.filter(F.col("id") % 2 == 0).count(), rows // 2)
    small = spark.range(KEYS).select(F.col("id").alias("key"), (F.col("id") * 10).alias("weight"))
    joined = numbers.join(small.hint(hint), (numbers.id % KEYS) == F.col("key"))
    row = joined.agg(F.count("*").alias("n"), F.sum("weight").alias("s")).collect()[0]
    check(f"rows of the {hint} join", row["n"], rows)
    check(f"sum of the {hint} join", row["s"], rows // KEYS * 10 * KEYS * (KEYS - 1) // 2)


def where(spark):
    """Host names of the JVMs that worked: those of their pods."""
    asked = spark.range(1000).repartition(8).selectExpr("reflect('java.lang.System', 'getenv', 'HOSTNAME') AS host")
    found = {r["host"]: r["count"] for r in asked.groupBy("host").count().collect()}
    check("rows that somebody worked on", sum(found.values()), 1000)
    return sorted(found)


def run_python(spark, rows):
    @F.udf("long")
    def plus_one(x):
        return x + 1

    total = spark.range(rows).repartition(8).select(plus_one("id").alias("y")).agg(F.sum("y")).collect()[0][0]
    check("UDF", total, rows * (rows - 1) // 2 + rows)


def write_and_read(spark, rows, path):
    spark.range(rows).withColumn("group", F.col("id") % 10).repartition(4).write.mode("overwrite").parquet(path)
    back = spark.read.parquet(path)
    row = back.agg(F.count("*").alias("n"), F.sum("id").alias("s")).collect()[0]
    check("rows read back", row["n"], rows)
    check("sum read back", row["s"], rows * (rows - 1) // 2)
    files = back.inputFiles()
    assert files and all(f.startswith("s3a://") for f in files), files


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--remote", required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--partitions", type=int, default=50)
    parser.add_argument("--iterations", type=int, default=3)
    parser.add_argument("--python", action="store_true", help="a UDF too")
    parser.add_argument("--s3", default="", metavar="PATH", help="write there and read back")
    parser.add_argument("--show", action="append", default=[], metavar="KEY", help="say what the server has for it")
    parser.add_argument("--patience", type=float, default=60, help="seconds to wait for the server")
    options = parser.parse_args()
    assert options.rows % KEYS == 0 and options.rows % 2 == 0, f"--rows: a multiple of {KEYS}"
    return options


def main():
    options = parse()
    spark, version = connect(options.remote, options.patience)
    settings = {key: spark.conf.get(key, None) for key in ["spark.master", *options.show]}
    say("connected", version=version, settings=settings)
    for n in range(options.iterations):
        iterate(spark, options.rows, options.partitions, JOINS[n % 2])
        say("iteration", number=n + 1)
    say("where", hosts=where(spark))
    if options.python:
        run_python(spark, options.rows)
        say("python")
    if options.s3:
        write_and_read(spark, options.rows, options.s3)
        say("s3", path=options.s3)
    spark.stop()
    say("PASSED")


if __name__ == "__main__":
    sys.exit(main())
