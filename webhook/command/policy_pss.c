/*
 * sparkgate policy show pss: the table of Pod Security's checks, for people and for programs.
 */
#include "command/policy.h"

#include "base/json_write.h"
#include "pss/pss.h"

/* "latest", or a version as pssVersion takes it. */
bool policy_pss_version_is_good(const char *version)
{
	return strcmp(version, "latest") == 0 || pss_version_is_numbered(slice_of(version));
}

/* Without a version all forms are of interest, with one those that count. */
static bool is_shown(size_t row, const char *version)
{
	return !version || pss_form_is_asked(row, PSS_BASELINE, version) || pss_form_is_asked(row, PSS_RESTRICTED, version);
}

static void print_title(FILE *out, const char *version)
{
	if (!version)
		fprintf(out, "Pod Security Standards, every version up to v1.%u\n", PSS_NEWEST_MINOR);
	else if (strcmp(version, "latest") == 0 || pss_version_is_newer(version))
		fprintf(out, "Pod Security Standards %s, which is v1.%u\n", version, PSS_NEWEST_MINOR);
	else
		fprintf(out, "Pod Security Standards %s\n", version);
}

void policy_pss_print_table(FILE *out, const char *version)
{
	const struct pss_form *form;

	print_title(out, version);
	fprintf(out, "\n%-27s %-11s %-7s %s\n", "CHECK", "LEVEL", "SINCE", "AT RESTRICTED INSTEAD OF");
	for (size_t i = 0; (form = pss_form_at(i)); i++) {
		if (!is_shown(i, version))
			continue;
		fprintf(out, "%-27s %-11s ", form->id, pss_level_name(form->level));
		if (form->overrides)
			fprintf(out, "v1.%-4u %s\n", form->since, form->overrides);
		else
			fprintf(out, "v1.%u\n", form->since);
	}
	fputs("\nA check counts from its version until the next row of the same name. Level\n"
	      "restricted asks the checks of baseline too, except those replaced. 'malformed'\n"
	      "is sparkgate's own: a field of a type that the API server could not decode.\n",
	      out);
}

static const char *version_text(struct arena *a, unsigned minor)
{
	return arena_printf(a, "v1.%u", minor);
}

struct slice policy_pss_print_json(struct arena *a, const char *version)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_writer(&b);
	const struct pss_form *form;

	json_write_open(&w, '{');
	json_write_member(&w, "version", version);
	json_write_member(&w, "newest", version_text(a, PSS_NEWEST_MINOR));
	json_write_member_open(&w, "checks", '[');
	for (size_t i = 0; (form = pss_form_at(i)); i++) {
		if (!is_shown(i, version))
			continue;
		json_write_open(&w, '{');
		json_write_member(&w, "id", form->id);
		json_write_member(&w, "level", pss_level_name(form->level));
		json_write_member(&w, "since", version_text(a, form->since));
		json_write_member(&w, "overrides", form->overrides);
		json_write_close(&w, '}');
	}
	json_write_close(&w, ']');
	json_write_close(&w, '}');
	return buf_slice(&b);
}
