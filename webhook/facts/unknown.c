#include "facts/unknown.h"

#include "base/buf.h"

#define NAMES_SHOWN 8

bool facts_names_namespace(const struct json *object)
{
	return *json_text(json_get(json_get(object, "metadata"), "namespace"), "") != '\0';
}

/* Can it stand in a command as it is? */
static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./_";

	return *word && *word != '-' && word[strspn(word, plain)] == '\0';
}

static const char *no_namespace_named(struct arena *a, const struct facts_unknown *u)
{
	const char *names = facts_index_namespace_names(u->index, a, NAMES_SHOWN);
	const char *where = !u->file ? "the input" : strcmp(u->file, "-") == 0 ? "standard input"
									       : u->file;

	if (!names)
		return arena_printf(a, "it names no namespace, so '%s' counts: say -n NAMESPACE, and give that Namespace by --namespaces FILE",
				    u->namespace);
	return arena_printf(a, "it names no namespace, so '%s' counts: say -n NAMESPACE (%s has %s)", u->namespace, where, names);
}

static const char *not_in_file(struct arena *a, const struct facts_unknown *u)
{
	const char *command = "";

	/* Not with echo: the file's last line may lack its end. */
	if (is_plain(u->namespace) && is_plain(u->file))
		command = arena_join(a, ": (printf '\\n---\\n'; kubectl get namespace ", u->namespace, " -o yaml) >>", u->file);
	return arena_printf(a, "%s has no Namespace '%s'%s", u->file, u->namespace, command);
}

/* What cannot be added to by a command, since it is no file or one of several. */
static const char *not_in_input(struct arena *a, const struct facts_unknown *u)
{
	bool several = strcmp(u->file, "-") != 0;
	const char *command = is_plain(u->namespace) ? arena_join(a, " (kubectl get namespace ", u->namespace, " -o yaml)") : "";

	return arena_printf(a, "%s has%s Namespace '%s': add it to %s%s", several ? "none of the files of --namespaces" : "standard input",
			    several ? "" : " no", u->namespace, several ? "one of them" : "that", command);
}

static const char *no_file(struct arena *a, const struct facts_unknown *u)
{
	const char *command = is_plain(u->namespace) ? arena_join(a, " (kubectl get namespace ", u->namespace, " -o yaml >FILE)") : "";

	return arena_printf(a, "nothing is known of its namespace '%s': give --namespaces FILE%s, or put the Namespace into the input",
			    u->namespace, command);
}

const char *facts_unknown_text(struct arena *a, const struct facts_unknown *u)
{
	/* An AdmissionReview may name another for an object that names none. */
	if (!u->named && strcmp(u->namespace, "default") == 0)
		return no_namespace_named(a, u);
	if (!u->file)
		return no_file(a, u);
	return strcmp(u->file, "-") == 0 || strcmp(u->file, FACTS_FILES) == 0 ? not_in_input(a, u) : not_in_file(a, u);
}
