/* The role of a ConfigMap, and which of its texts are properties files. */
#include "policy/role.h"

#include <strings.h>

#include "policy/words.h"

/* ---- keys of a properties text ---- */

static struct slice next_line(struct slice *rest)
{
	size_t n = 0;

	while (n < rest->len && rest->ptr[n] != '\n' && rest->ptr[n] != '\r')
		n++;
	struct slice line = {rest->ptr, n};
	n += n + 1 < rest->len && rest->ptr[n] == '\r' && rest->ptr[n + 1] == '\n';
	n += n < rest->len;
	rest->ptr += n;
	rest->len -= n;
	return line;
}

static struct slice trim_left(struct slice s)
{
	while (s.len > 0 && (*s.ptr == ' ' || *s.ptr == '\t' || *s.ptr == '\f')) {
		s.ptr++;
		s.len--;
	}
	return s;
}

static struct slice trim_right(struct slice s)
{
	while (s.len > 0 && strchr(" \t\f", s.ptr[s.len - 1]))
		s.len--;
	return s;
}

static bool continues(struct slice line)
{
	size_t backslashes = 0;

	while (backslashes < line.len && line.ptr[line.len - 1 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 1;
}

/* May c be part of a Spark key? Templates ($, {, }) may; blanks, '=' and ':' end a key; quotes and
 * parentheses are another language's. */
static bool is_key_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("._-/${}", c));
}

/* Does the line set a key that begins with prefix? Escapes in a key are not undone: a key hidden
 * by them is read by Spark, but not by the webhook's matchConditions either. */
static bool sets_key(struct slice line, const char *prefix)
{
	size_t n = strlen(prefix);

	if (!slice_starts(line, prefix))
		return false;
	while (n < line.len && is_key_byte(line.ptr[n]))
		n++;
	return n > strlen(prefix) && (n == line.len || strchr("=: \t\f", line.ptr[n]));
}

/* java.util.Properties' lines (spark-backends section 2): '#' and '!' begin comments, an odd number
 * of backslashes at the end continues a line that is not a comment. The first line of the next setting; ptr NULL: no more. */
static struct slice next_setting(struct slice *rest)
{
	while (rest->len > 0) {
		struct slice line = trim_left(next_line(rest));

		if (line.len > 0 && (*line.ptr == '#' || *line.ptr == '!'))
			continue;
		for (struct slice last = line; continues(last) && rest->len > 0;)
			last = next_line(rest);
		return line;
	}
	return SLICE_NONE;
}

static bool text_sets_key(struct slice text, const char *prefix)
{
	if (!text.ptr || !slice_has(text, prefix))
		return false;
	for (struct slice line; (line = next_setting(&text)).ptr;)
		if (sets_key(line, prefix))
			return true;
	return false;
}

/* ---- kinds of text ---- */

struct slice data_key_without_template_suffix(struct slice key)
{
	static const char *const suffixes[] = {".template", ".tmpl", ".tpl", ".j2"};

	for (size_t i = 0; i < COUNT_OF(suffixes); i++)
		if (slice_ends(key, suffixes[i]))
			key.len -= strlen(suffixes[i]);
	return key;
}

/* What follows the last dot; empty where there is none. */
static struct slice extension(struct slice name)
{
	struct slice last = slice_last(name, '.');

	return last.len < name.len ? last : SLICE_LIT("");
}

/* Texts with a grammar of their own, by their names: a line added at the top would break them. */
static bool has_other_grammar(struct slice key)
{
	static const char *const extensions[] = {
		"yaml", "yml", "xml", "json", "toml", "ini",  "py",  "ipynb", "scala", "java", "js",
		"ts",   "r",   "R",   "sql",  "md",   "html", "csv", "env",   "pem",   "crt",  "key",
	};
	struct slice name = data_key_without_template_suffix(key);

	return SLICE_IS_ONE_OF(extension(name), extensions) || slice_has(name, "log4j") || slice_starts(name, "metrics") ||
	       slice_starts(name, "security");
}

/* Names under which no properties text is expected, though one could be read from there. A template is of the kind that
 * the rest of its name says ("my.conf.tpl"), if it says one. */
static bool is_named_as_other(struct slice key)
{
	static const char *const extensions[] = {"txt", "hocon", "sh", "bash", "zsh", "ksh", "pl", "rb"};
	struct slice name = data_key_without_template_suffix(key);

	return SLICE_IS_ONE_OF(extension(name), extensions) ||
	       (slice_ends(key, ".tpl") && !memchr(name.ptr, '.', name.len));
}

static struct slice without_blank_lines(struct slice text)
{
	while (text.len > 0 && (*text.ptr == '\n' || *text.ptr == '\r'))
		slice_skip(&text, (struct slice){text.ptr, 1});
	return trim_left(text);
}

/* YAML, XML and JSON under a name that does not say so. "{{" begins a template. */
static bool looks_like_markup(struct slice text)
{
	text = without_blank_lines(text);
	return slice_starts(text, "<") || slice_starts(text, "[") || slice_starts(text, "---") ||
	       slice_starts(text, "apiVersion:") || (slice_starts(text, "{") && !slice_starts(text, "{{"));
}

/* "cat > x <<EOF", "<<-'EOF'": what follows is a file of its own inside a script. */
static bool opens_here_document(struct slice line)
{
	const char *at = slice_find(line, SLICE_LIT("<<"));
	struct slice word = at ? (struct slice){at, line.len - (size_t)(at - line.ptr)} : (struct slice){"", 0};

	slice_skip(&word, SLICE_LIT("<<"));
	slice_skip(&word, SLICE_LIT("-"));
	word = trim_left(word);
	if (word.len > 0 && strchr("'\"\\", *word.ptr))
		word = (struct slice){word.ptr + 1, word.len - 1};
	return word.len > 0 && ((*word.ptr >= 'A' && *word.ptr <= 'Z') || (*word.ptr >= 'a' && *word.ptr <= 'z') || *word.ptr == '_');
}

/* "spark {", "spark.app = {" of HOCON, "if true {"; "conf:" and "- x" of YAML, "def f():". An empty setting ends like
 * that, too, but has dots ("hive.metastore.x:"). */
static bool opens_block(struct slice line)
{
	if (slice_ends(line, "{"))
		return !slice_ends(line, "{{");
	return slice_starts(line, "- ") || (slice_ends(line, ":") && !memchr(line.ptr, '.', line.len));
}

/* Is there a line that another language has, and a properties text has not? */
static bool has_line_of_other_language(struct slice text)
{
	bool continued = false;

	while (text.len > 0) {
		struct slice line = trim_left(next_line(&text));
		bool comment = !continued && line.len > 0 && (*line.ptr == '#' || *line.ptr == '!');

		bool ours = !continued && sets_key(line, "spark."); /* "spark.x a << b" */
		if (!comment && ((!ours && opens_here_document(line)) || (!continued && opens_block(trim_right(line)))))
			return true;
		continued = !comment && continues(line);
	}
	return false;
}

/* A script, HOCON, YAML under a name that does not say so. */
static bool looks_like_other_language(struct slice text)
{
	return slice_starts(without_blank_lines(text), "#!") || has_line_of_other_language(text);
}

bool data_key_may_be_read(const struct policy *p, struct slice key, struct slice text)
{
	if (has_other_grammar(key))
		return false;
	if (texts_has(&p->data_keys, key))
		return true;
	return text_sets_key(text, "spark.") && !looks_like_markup(text);
}

/* To java.util.Properties "#!" is a comment, and all else above is settings: so none of it excludes a key that policy
 * names. */
bool data_key_is_properties(const struct policy *p, struct slice key, struct slice text)
{
	return data_key_may_be_read(p, key, text) &&
	       (texts_has(&p->data_keys, key) || (!is_named_as_other(key) && !looks_like_other_language(text)));
}

/* ---- whose text is it ---- */

/* What only a Connect server reads (sql/connect/config/Connect.scala), by its areas, "server." being one that people
 * invent; a program that has a client sets keys of its own beside them ("spark.connect.url"). */
static bool is_server_key(struct slice line)
{
	static const char *const areas[] = {
		"spark.connect.grpc.",        "spark.connect.extensions.",  "spark.connect.execute.",
		"spark.connect.session.",     "spark.connect.progress.",    "spark.connect.jvmStacktrace.",
		"spark.connect.ml.",          "spark.connect.scalaUdf.",    "spark.connect.copyFromLocalToFs.",
		"spark.connect.authenticate.", "spark.connect.server.",
	};

	for (size_t i = 0; i < COUNT_OF(areas); i++)
		if (sets_key(line, areas[i]))
			return true;
	return false;
}

/* What line sets key to; ptr NULL if it does not set it. */
static struct slice value_of(struct slice line, const char *key)
{
	if (!slice_skip(&line, slice_of(key)) || (line.len > 0 && !strchr("=: \t\f", *line.ptr)))
		return SLICE_NONE;
	line = trim_left(line);
	if (line.len > 0 && (*line.ptr == '=' || *line.ptr == ':'))
		line = trim_left((struct slice){line.ptr + 1, line.len - 1});
	return trim_right(line);
}

bool config_text_is_clients(struct slice text)
{
	if (!text.ptr || !(slice_has(text, "spark.remote") || slice_has(text, "spark.api.mode")))
		return false;
	for (struct slice line; (line = next_setting(&text)).ptr;) {
		struct slice mode = value_of(line, "spark.api.mode");

		if (value_of(line, "spark.remote").len > 0 || (mode.len == 7 && strncasecmp(mode.ptr, "connect", 7) == 0))
			return true;
	}
	return false;
}

/* In a file of Spark's own any such key is one that somebody meant for the server, misspelt ones, too. */
static bool sets_server_key(const struct policy *p, struct slice key, struct slice text)
{
	bool named = texts_has(&p->data_keys, key);

	if (!text.ptr || !slice_has(text, "spark.connect."))
		return false;
	for (struct slice line; (line = next_setting(&text)).ptr;)
		if (named ? sets_key(line, "spark.connect.") : is_server_key(line))
			return true;
	return false;
}

bool config_text_is_servers(const struct policy *p, struct slice key, struct slice text)
{
	return sets_server_key(p, key, text) && data_key_is_properties(p, key, text) && !config_text_is_clients(text);
}

/* ---- the role ---- */

bool config_label_fits(const struct json *labels, const char *wanted)
{
	struct slice rest = slice_of(wanted);
	struct slice key = slice_cut(&rest, '=');
	struct slice value = json_slice(json_get_slice(labels, key));

	return value.ptr && (key.len == strlen(wanted) || glob_match(rest.ptr, value));
}

/* A chart gives all that is its own the same name: what its Thrift or history server reads ("spark-history-server") is no Connect
 * server's. */
static bool is_of_another_server(const struct json *labels)
{
	static const char *const others[] = {"thrift", "thriftserver", "history", "historyserver", "master", "worker"};
	struct slice component = json_slice(json_get(labels, "app.kubernetes.io/component")), rest = component;
	bool other = false;

	while (rest.len > 0) {
		struct slice part = slice_cut(&rest, '-');
		other |= SLICE_IS_ONE_OF(part, others);
	}
	return other && !slice_find(component, SLICE_LIT("connect"));
}

static const char *label_of(const struct policy *p, const struct json *config_map)
{
	const struct json *labels = json_get(json_get(config_map, "metadata"), "labels");
	bool of_another = is_of_another_server(labels);

	for (size_t i = 0; i < p->config_map_labels.count; i++) {
		const char *label = p->config_map_labels.items[i];
		if ((!of_another || slice_starts(slice_of(label), "sparkgate.io/")) && config_label_fits(labels, label))
			return label;
	}
	return NULL;
}

/* What the object has: a selector's value may be a pattern, or any. */
static const char *label_reason(struct arena *a, const struct json *config_map, const char *wanted)
{
	const struct json *labels = json_get(json_get(config_map, "metadata"), "labels");
	struct slice rest = slice_of(wanted), key = slice_cut(&rest, '=');

	return arena_join(a, "label ", arena_dup(a, key), "=", json_text(json_get_slice(labels, key), ""));
}

struct role_match role_of_config_map(const struct policy *p, struct arena *a, const struct json *config_map)
{
	const char *label = label_of(p, config_map);

	if (label)
		return (struct role_match){.role = ROLE_CONNECT_CONFIG, .reason = label_reason(a, config_map, label)};
	JSON_EACH(item, json_get(config_map, "data")) {
		struct slice key = slice_of(json_key(item));
		if (config_text_is_servers(p, key, json_slice(item)))
			return (struct role_match){.role = ROLE_CONNECT_CONFIG,
						   .reason = arena_join(a, "key ", key.ptr, " sets spark.connect.*")};
	}
	return (struct role_match){.role = ROLE_NONE, .reason = "no Connect label and no spark.connect.* key of a server"};
}

bool config_map_is_labelled(const struct policy *p, const struct json *config_map)
{
	return label_of(p, config_map) != NULL;
}
