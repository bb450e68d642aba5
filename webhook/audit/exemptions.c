#include "audit/exemptions.h"

#include "base/color.h"
#include "policy/life.h"

struct exemptions_met exemptions_met_of(const struct policy *policy, struct arena *a)
{
	return (struct exemptions_met){policy, ARENA_ARRAY(a, policy->exemption_count, size_t), a};
}

void exemptions_met_add(struct exemptions_met *met, const struct simulation *s)
{
	for (size_t i = 0; i < s->exemptions.count; i++)
		met->objects[s->exemptions.items[i].exemption - met->policy->exemptions]++;
}

static bool is_for_somebody(const struct exemption *e)
{
	return e->users.count + e->groups.count > 0;
}

static bool is_unused(const struct exemptions_met *met, size_t i)
{
	return met->objects[i] == 0 && !is_for_somebody(&met->policy->exemptions[i]);
}

static void print_row(const struct exemptions_met *met, size_t i, FILE *out)
{
	const struct exemption *e = &met->policy->exemptions[i];

	fprintf(out, "%-30s %-26s %-10s", e->id, e->owner, e->expires);
	if (is_for_somebody(e))
		fprintf(out, " %8s\n", "-");
	else
		fprintf(out, " %8zu\n", met->objects[i]);
}

static void print_advice(const struct exemptions_met *met, size_t i, int64_t now, bool on, FILE *out)
{
	const struct exemption *e = &met->policy->exemptions[i];
	const char *life = exemption_life_text(met->arena, e, now);

	if (life)
		fprintf(out, "%s%s%s\n", color(on, COLOR_YELLOW), life, color(on, COLOR_OFF));
	else if (is_unused(met, i))
		fprintf(out, "%sexemption '%s' is needed by nothing that exists: ask %s, and take it out%s\n",
			color(on, COLOR_YELLOW), e->id, e->owner, color(on, COLOR_OFF));
}

void exemptions_met_print(const struct exemptions_met *met, int64_t now, bool color, FILE *out)
{
	size_t count = met->policy->exemption_count;

	if (count == 0)
		return;
	fprintf(out, "%-30s %-26s %-10s %8s\n", "EXEMPTION", "OWNER", "UNTIL", "OBJECTS");
	for (size_t i = 0; i < count; i++)
		print_row(met, i, out);
	for (size_t i = 0; i < count; i++)
		print_advice(met, i, now, color, out);
	fputc('\n', out);
}
