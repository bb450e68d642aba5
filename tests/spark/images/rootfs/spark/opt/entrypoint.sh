#!/bin/bash
# The contract of Spark's images: `executor` is what Spark writes into the args of executor pods, `driver` what operators
# do in cluster mode; everything else is run as it stands.
set -e

# Java has no user name for a UID that is not in passwd, and Hadoop's login then fails ("invalid null input: name").
# OpenShift gives each namespace UIDs of its own; the root file system may be read-only, so passwd is wrapped, not written.
name_the_user() {
	local wrapper=/usr/lib/x86_64-linux-gnu/libnss_wrapper.so
	! getent passwd "$(id -u)" >/dev/null || return 0
	NSS_WRAPPER_PASSWD=$(mktemp) && NSS_WRAPPER_GROUP=$(mktemp) || return 0
	{ cat /etc/passwd && echo "spark:x:$(id -u):$(id -g)::${SPARK_HOME:-/}:/bin/false"; } | sed '/^spark:x:185:/d' >"$NSS_WRAPPER_PASSWD"
	cp /etc/group "$NSS_WRAPPER_GROUP"
	export NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP LD_PRELOAD=$wrapper
}

executor() {
	local options classpath
	# In the order of their numbers, as Spark meant them; a value may have blanks.
	mapfile -t options < <(env | grep '^SPARK_JAVA_OPT_[0-9]*=' | sort -t_ -k4 -n | sed 's/^[^=]*=//')
	classpath="${SPARK_CONF_DIR:-$SPARK_HOME/conf}:$SPARK_CLASSPATH:$SPARK_HOME/jars/*:$PWD:$SPARK_DIST_CLASSPATH"
	exec tini -s -- "$JAVA_HOME/bin/java" "${options[@]}" "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" \
		-cp "$classpath" org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
		--driver-url "$SPARK_DRIVER_URL" --executor-id "$SPARK_EXECUTOR_ID" --cores "$SPARK_EXECUTOR_CORES" \
		--app-id "$SPARK_APPLICATION_ID" --hostname "$SPARK_EXECUTOR_POD_IP" \
		--resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" --podName "$SPARK_EXECUTOR_POD_NAME"
}

name_the_user
case ${1:-} in
executor) executor ;;
driver)
	shift
	exec tini -s -- "$SPARK_HOME/bin/spark-submit" --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" \
		--deploy-mode client "$@"
	;;
*) exec "$@" ;;
esac
