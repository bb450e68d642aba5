"""first_query.py [sc://HOST:15002] : a query, and where it ran.

Needs the client of the server's Spark version: pip install 'pyspark-client==4.1.*', or 'pyspark[connect]==3.5.*'.
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.remote(sys.argv[1] if len(sys.argv) > 1 else "sc://localhost:15002").getOrCreate()
print("Spark       ", spark.version)
print("spark.master", spark.conf.get("spark.master"))

numbers = spark.range(1_000_000).repartition(8)
print("sum         ", numbers.agg(F.sum("id")).collect()[0][0], "(499999500000 is right)")

# Asked of the JVM that works on each row: no Python is needed there.
hosts = numbers.selectExpr("reflect('java.lang.System', 'getenv', 'HOSTNAME') AS host").groupBy("host").count()
for row in hosts.orderBy("host").collect():
    print("ran on      ", row[0], row[1], "rows")
spark.stop()
