#!/bin/bash
# sbin/start-connect-server.sh of Spark.
export SPARK_HOME=${SPARK_HOME:-/opt/spark} SPARK_CONNECT_MODE=0
CLASS=org.apache.spark.sql.connect.service.SparkConnectServer
if [[ "$*" = *--help ]] || [[ "$*" = *-h ]]; then
	echo "Usage: ./sbin/start-connect-server.sh [--wait] [options]"
	exit 1
fi
if [ "$1" == "--wait" ] && [[ "$SPARK_VERSION" == 4.* ]]; then
	shift
	export SPARK_NO_DAEMONIZE=1
fi
exec "$SPARK_HOME"/sbin/spark-daemon.sh submit $CLASS 1 --name "Spark Connect server" "$@"
