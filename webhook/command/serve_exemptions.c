#include "command/serve_exemptions.h"

#include "policy/life.h"

static void tell(const struct log *log, const struct exemption *e, enum exemption_life life)
{
	struct log_line line;

	log_open(&line, log, LOG_WARN, life == EXEMPTION_EXPIRED ? "exemption has expired" : "exemption expires soon");
	log_text(&line, "exemption", e->id);
	log_text(&line, "owner", e->owner);
	log_text(&line, "expires", e->expires);
	log_close(&line);
}

void serve_exemptions_tell(struct serve_exemptions *e, struct policy_store *policies, const struct log *log, int64_t now)
{
	struct policy *p = policy_store_get(policies);
	int64_t day = now / 86400;

	if (day != e->day || strcmp(e->hash, p->hash) != 0) {
		for (size_t i = 0; i < p->exemption_count; i++) {
			enum exemption_life life = exemption_life(&p->exemptions[i], now);
			if (life != EXEMPTION_HOLDS)
				tell(log, &p->exemptions[i], life);
		}
		memcpy(e->hash, p->hash, sizeof(e->hash));
		e->day = day;
	}
	policy_unref(p);
}
