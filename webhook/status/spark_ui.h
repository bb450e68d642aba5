/*
 * spark_ui.h - what Spark's driver says of itself over its UI's port (https://spark.apache.org/docs/latest/monitoring.html,
 * "REST API"): api/v1/applications, .../ID/environment, .../ID/executors.
 *
 * It runs in a tenant's pod, so anybody may have written these texts: each reader is strict JSON with bounds of its own, takes
 * words that Spark could have written and nothing longer, and fails with a reason else. What is taken still has to be tamed for a
 * terminal (report_tame()).
 *
 * Pure. Ownership: arena. Threads: no state.
 */
#ifndef STATUS_SPARK_UI_H
#define STATUS_SPARK_UI_H

#include "base/json.h"

/* An environment has all properties and the class path: some 100 KB. Values of JSON: a thousandth of what is read elsewhere. */
#define SPARK_UI_BYTES (4u << 20)
#define SPARK_UI_NODES 200000
#define SPARK_UI_WORD 1024

/* The application that runs: a driver has one. id is fit for a path; version "" = not said. */
struct spark_ui_application {
	const char *id, *name, *version;
};

MUST_CHECK int spark_ui_application(struct arena *a, struct slice text, struct spark_ui_application *ret, struct err *err);

/* spark.master as the driver has it. */
MUST_CHECK int spark_ui_master(struct arena *a, struct slice text, const char **ret, struct err *err);

/* The executors that live, without the driver. */
MUST_CHECK int spark_ui_executors(struct arena *a, struct slice text, size_t *ret, struct err *err);

#endif
