#!/bin/bash
# As Spark's own: everything is an option of spark-submit, and a --name of the user's comes later and wins. With
# SPARK_NO_DAEMONIZE set, even empty, it stays in the foreground; since 4.0 a first argument --wait says the same.
: "${SPARK_HOME:=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}"
export SPARK_HOME

if [ "${1:-}" = --wait ]; then
	shift
	export SPARK_NO_DAEMONIZE=1
fi
exec "$SPARK_HOME/sbin/spark-daemon.sh" submit org.apache.spark.sql.connect.service.SparkConnectServer 1 \
	--name "Spark Connect server" "$@"
