/* Since when a namespace has its label: the API server notes of each manager when it last changed a field of its own
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/, "Field management"). That manager may have written something
 * else later, so it is a moment at or before which the label had its value. */
#include "status/part.h"

#define MANAGER_MAX 128 /* ValidateManagedFields in k8s.io/apimachinery */

static bool has_label(const struct json *entry)
{
	const struct json *labels = json_get(json_get(json_get(entry, "fieldsV1"), "f:metadata"), "f:labels");

	return json_get(labels, "f:sparkgate.io/mode") != NULL;
}

void status_read_opted_in(const struct json *namespace, struct status_opted_in *ret)
{
	*ret = (struct status_opted_in){"", 0};
	JSON_EACH(entry, json_get(json_get(namespace, "metadata"), "managedFields")) {
		const char *manager = json_text(json_get(entry, "manager"), "");
		int64_t when;
		if (!has_label(entry) || strlen(manager) > MANAGER_MAX || clock_parse_time(json_slice(json_get(entry, "time")), &when) < 0)
			continue;
		if (ret->by_then == 0 || when < ret->by_then)
			*ret = (struct status_opted_in){manager, when};
	}
}
