#include "spark/fallback.h"

#include "spark/assigned.h"
#include "spark/shell_moves.h"
#include "spark/shell_names.h"

struct fallback fallback_of(const struct word *word, struct slice s)
{
	struct fallback ret = {.text = {NULL, 0}};

	if (word->literal || !slice_skip(&s, SLICE_LIT("${")) || !slice_ends(s, "}"))
		return ret;
	s.len--;
	ret.name = (struct slice){s.ptr, shell_name_length(s)};
	(void)slice_skip(&s, ret.name);
	(void)slice_skip(&s, SLICE_LIT(":"));
	ret.assigns = slice_skip(&s, SLICE_LIT("="));
	if (ret.name.len == 0 || (*ret.name.ptr >= '0' && *ret.name.ptr <= '9') || !(ret.assigns || slice_skip(&s, SLICE_LIT("-"))))
		return ret;
	for (size_t i = 0; i < s.len; i++)
		if (strchr("$`\\\"'{}", s.ptr[i]))
			return ret;
	ret.text = s;
	return ret;
}

struct slice fallback_value(struct kube_env *env, const struct fallback *f)
{
	const struct kube_var *var = kube_env_find(env, f->name);

	if (var && var->value.len > 0)
		return var->value;
	return var || kube_env_other(env, f->name) ? SLICE_NONE : f->text;
}

/* Whoever may give a variable its value where that is not followed: other texts of the container, what `env` is given, `read`. */
struct giving {
	struct slice name;
	const struct carrier *text; /* its own assignments are followed; NULL: nor are these */
	bool *found;
};

static bool judge_giving(const void *context, const struct word *word)
{
	const struct giving *g = context;
	struct slice value;
	bool appends;

	*g->found = (!g->text || word->in != g->text) && shell_assigns(word->value, g->name, &value, &appends);
	return *g->found;
}

static bool is_read(const struct shell *sh, struct slice name)
{
	static const char *const readers[] = {"read", "printf", "getopts", "mapfile", "readarray", "let"};

	for (size_t i = 0; i < sh->loop_names.count; i++)
		if (slice_eq(sh->loop_names.items[i], name))
			return true;
	for (size_t i = 0; i < sh->count; i++) {
		const struct shell_command *c = &sh->commands[i];
		size_t at = shell_name_at(c);

		if (at == c->count || !SLICE_IS_ONE_OF(c->words[at]->value, readers))
			continue;
		for (at++; at < c->count; at++)
			if (slice_eq(c->words[at]->value, name))
				return true;
	}
	return false;
}

/* "${NAME:=other}": the first of several that differ gives the value. */
static bool has_other_default(const struct carrier *text, const struct fallback *f)
{
	for (const struct word *w = text->first; w; w = w->next) {
		struct fallback other = fallback_of(w, w->value);

		if (other.text.ptr && other.assigns && slice_eq(other.name, f->name) && !slice_eq(other.text, f->text))
			return true;
	}
	return false;
}

bool fallback_is_beside(struct expander *e, const struct shell *sh, const struct fallback *f, bool own)
{
	bool found = false;
	const struct giving g = {f->name, own ? sh->carrier : NULL, &found};

	assigned_words(e->home, judge_giving, &g);
	return found || is_read(sh, f->name) || has_other_default(sh->carrier, f);
}
