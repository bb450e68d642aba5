#!/bin/bash
# start-worker.sh MASTER [options] : as Spark's own, but for one worker alone (SPARK_WORKER_INSTANCES is not looked at).
: "${SPARK_HOME:=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}"
export SPARK_HOME
# shellcheck source=/dev/null
. "$SPARK_HOME/sbin/spark-config.sh"
# shellcheck source=/dev/null
. "$SPARK_HOME/bin/load-spark-env.sh"

exec "$SPARK_HOME/sbin/spark-daemon.sh" start org.apache.spark.deploy.worker.Worker 1 \
	--webui-port "${SPARK_WORKER_WEBUI_PORT:-8081}" ${SPARK_WORKER_PORT:+--port "$SPARK_WORKER_PORT"} "$@"
