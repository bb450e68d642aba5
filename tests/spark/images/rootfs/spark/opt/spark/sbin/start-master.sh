#!/bin/bash
# As Spark's own: where SPARK_MASTER_HOST, SPARK_MASTER_PORT and SPARK_MASTER_WEBUI_PORT say, then the user's options.
: "${SPARK_HOME:=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}"
export SPARK_HOME
# shellcheck source=/dev/null
. "$SPARK_HOME/sbin/spark-config.sh"
# shellcheck source=/dev/null
. "$SPARK_HOME/bin/load-spark-env.sh"

exec "$SPARK_HOME/sbin/spark-daemon.sh" start org.apache.spark.deploy.master.Master 1 \
	--host "${SPARK_MASTER_HOST:-$(hostname -f)}" --port "${SPARK_MASTER_PORT:-7077}" \
	--webui-port "${SPARK_MASTER_WEBUI_PORT:-8080}" "$@"
