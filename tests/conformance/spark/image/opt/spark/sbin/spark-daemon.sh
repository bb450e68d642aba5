#!/bin/bash
# sbin/spark-daemon.sh of Spark, its options submit and start in the foreground.
option=$1 class=$2
shift 3
case $option in
submit) exec bash "${SPARK_HOME:-/opt/spark}"/bin/spark-submit --class "$class" "$@" ;;
start) exec "${SPARK_HOME:-/opt/spark}"/bin/spark-class "$class" "$@" ;;
esac
