/* master_url.h - lives in policy/, which reads masters in annotations and must not include spark/. */
#ifndef SPARK_MASTER_URL_H
#define SPARK_MASTER_URL_H

#include "policy/master_url.h"

#endif
