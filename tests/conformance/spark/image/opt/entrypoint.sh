#!/bin/bash
# entrypoint.sh of apache/spark-docker; connect-server is a role as images of others have it.
case "$1" in
driver)
	shift 1
	exec /usr/bin/tini -s -- "$SPARK_HOME/bin/spark-submit" \
		--conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" \
		--conf "spark.executorEnv.SPARK_DRIVER_POD_IP=$SPARK_DRIVER_BIND_ADDRESS" \
		--deploy-mode client "$@"
	;;
connect-server)
	shift 1
	exec /usr/bin/tini -s -- "$SPARK_HOME/sbin/start-connect-server.sh" "$@"
	;;
*) exec "$@" ;;
esac
