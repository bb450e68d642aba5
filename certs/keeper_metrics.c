#include "certs/keeper_state.h"

#include "base/prometheus.h"

static void print_bundles(struct buf *out, const struct certs_keeper_state *state)
{
	prometheus_family(out, "sparkgate_ca_bundle_in_step", "gauge",
			  "Does caBundle of the webhook configuration accept the certificate that is served?");
	buf_printf(out, "sparkgate_ca_bundle_in_step{configuration=\"mutating\"} %d\n", state->mutating);
	buf_printf(out, "sparkgate_ca_bundle_in_step{configuration=\"validating\"} %d\n", state->validating);
}

static void print_writes(struct certs_keeper *k, struct buf *out)
{
	static const char *const reasons[] = {
		[REPAIR_MADE] = "made",       [REPAIR_DELETED] = "deleted",  [REPAIR_DAMAGED] = "damaged",
		[REPAIR_EXPIRED] = "expired", [REPAIR_BUNDLE] = "ca-bundle",
	};

	prometheus_family(out, "sparkgate_certificate_repairs_total", "counter",
			  "Times that this replica put certificates right.");
	for (size_t i = 0; i < REPAIR_COUNT; i++)
		buf_printf(out, "sparkgate_certificate_repairs_total{reason=\"%s\"} %llu\n", reasons[i],
			   (unsigned long long)atomic_load(&k->repairs[i]));
	prometheus_family(out, "sparkgate_certificate_writes_total", "counter", "Writes to the API server, by result.");
	buf_printf(out, "sparkgate_certificate_writes_total{result=\"ok\"} %llu\n",
		   (unsigned long long)atomic_load(&k->writes[0]));
	buf_printf(out, "sparkgate_certificate_writes_total{result=\"failed\"} %llu\n",
		   (unsigned long long)atomic_load(&k->writes[1]));
}

void certs_keeper_metrics(struct certs_keeper *k, struct buf *out)
{
	struct certs_keeper_state state = certs_keeper_state(k);

	prometheus_family(out, "sparkgate_certificate_info", "gauge", "The certificate that is served, by its SHA-256.");
	if (state.certificate[0])
		buf_printf(out, "sparkgate_certificate_info{sha256=\"%s\"} 1\n", state.certificate);
	if (k->options->configurations)
		print_bundles(out, &state);
	if (!k->options->secret)
		return;
	prometheus_family(out, "sparkgate_ca_change_step", "gauge",
			  "0 no CA change, 1 the new CA is announced, 2 the leaf has moved.");
	buf_printf(out, "sparkgate_ca_change_step %d\n", state.step);
	print_writes(k, out);
}
