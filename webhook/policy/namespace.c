/*
 * Reading the contract of a namespace. Every key follows one pattern: absent takes
 * the default, a known word is taken, anything else takes the fallback that
 * docs/contract.md 2 names and is noted as a problem with the nearest known word.
 */
#include "policy/namespace.h"

#include "base/buf.h"
#include "base/url.h"
#include "base/utf8.h"
#include "policy/master_url.h"
#include "policy/words.h"

#define WORDS(list) (list), COUNT_OF(list)

static const char *const mode_words[] = {"enforce", "warn", "audit"};
static const char *const bool_words[] = {"false", "true"};
static const char *const level_words[] = {"privileged", "baseline", "restricted"};
static const char *const hardening_words[] = {"fill", "force", "off"};
static const char *const config_maps_words[] = {"rewrite", "check", "off"};

static const char *const annotation_keys[] = {
	KEY_PREFIX "backendMode", KEY_PREFIX "standaloneMaster", KEY_PREFIX "sparkVersion", KEY_PREFIX "allowOverride",
	KEY_PREFIX "pssLevel",    KEY_PREFIX "pssVersion",       KEY_PREFIX "pssMode",      KEY_PREFIX "hardening",
	KEY_PREFIX "configMaps",    KEY_PREFIX "switch", /* switch/record.h */
};
static const char *const label_keys[] = {KEY_PREFIX "mode"};

/* For pods and templates. A ConfigMap only has a role, but a choice of a backend on it is not a misspelling. */
static const char *const object_annotations[] = {KEY_PREFIX "backendMode", KEY_PREFIX "standaloneMaster", KEY_PREFIX "decision"};
static const char *const object_labels[] = {KEY_PREFIX "role"};

const char *mode_name(enum mode mode)
{
	return mode == MODE_NONE ? NULL : mode_words[mode];
}

const char *hardening_name(enum hardening hardening)
{
	return hardening_words[hardening];
}

const char *config_maps_name(enum config_maps config_maps)
{
	return config_maps_words[config_maps];
}

const char *pss_level_name(enum pss_level level)
{
	return level_words[level];
}

/* What is being read, and where its problems go. */
struct reading {
	const struct policy *p;
	struct arena *a;
	const struct json *annotations;
	struct namespace *ns;
	size_t cap; /* of its problems: those that it begins with are shared with the namespace that it is a copy of */
};

static void add_problem_of(struct reading *r, const char *rule, const char *key, const char *message)
{
	bool refuses = policy_action(r->p, rule) == ACTION_DENY;

	*ARENA_PUSH(r->a, r->ns->problems, &r->cap, r->ns->problem_count) = (struct namespace_problem){key, rule, message, refuses};
}

/* The rule is called as the key. */
static void add_problem(struct reading *r, const char *key, const char *message)
{
	add_problem_of(r, arena_join(r->a, "scope.", key + strlen(KEY_PREFIX)), key, message);
}

/* A value as it may appear in a warning: one line, and short, since a warning has 120 characters. */
#define SHOWN_BYTES 32

static const char *show(struct arena *a, struct slice value)
{
	struct buf b = buf_in(a);
	size_t n = utf8_cut(value, SHOWN_BYTES);

	for (size_t i = 0; i < n; i++)
		buf_addc(&b, (unsigned char)value.ptr[i] < 0x20 || value.ptr[i] == 0x7f ? '?' : value.ptr[i]);
	if (n < value.len)
		buf_adds(&b, "...");
	return buf_slice(&b).ptr;
}

/* What comes before an '@' may be a password, also where no "://" says so. */
static const char *show_url(struct arena *a, struct slice value)
{
	bool tells = slice_has(value, "://") || !slice_has(value, "@");

	return tells ? show(a, slice_of(url_redact(a, value))) : "(redacted)";
}

/* "did you mean 'x'?", or all words where none is near. */
static const char *hint(struct arena *a, struct slice value, const char *const *words, size_t count)
{
	const char *near = nearest_word(value, words, count);
	struct buf b = buf_in(a);

	if (near)
		return arena_printf(a, "did you mean '%s'?", near);
	buf_adds(&b, "known: ");
	for (size_t i = 0; i < count; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", words[i]);
	return buf_slice(&b).ptr;
}

static void unknown_word(struct reading *r, const char *key, struct slice value, const char *acts_as,
			 const char *const *words, size_t count)
{
	add_problem(r, key,
		    arena_printf(r->a, "%s '%s' is unknown, acts as %s; %s", key, show(r->a, value), acts_as,
				 hint(r->a, value, words, count)));
}

/* The text of a key; ptr NULL if it is not there. A value other than a string (the API server would
 * refuse it, a file may hold it) reads as its JSON, which is a known word only for true and false. */
static struct slice value_of(struct reading *r, const struct json *map, const char *key)
{
	const struct json *v = json_get(map, key);

	if (!v || json_type(v) == JSON_STRING)
		return json_slice(v);
	return json_print(r->a, v);
}

/* The index of the word of key; fallback where there is none, which is noted where there is another: it acts as that. */
static int read_word(struct reading *r, const char *key, const char *const *words, size_t count, int fallback, const char *acts_as)
{
	struct slice value = value_of(r, r->annotations, key);
	int index = value.ptr ? word_index(value, words, count) : -1;

	if (value.ptr && index < 0)
		unknown_word(r, key, value, acts_as, words, count);
	return index < 0 ? fallback : index;
}

/* ---- the backend ---- */

static void read_backend(struct reading *r)
{
	int none = (int)r->ns->backend - 1; /* an object without a backend of its own keeps the namespace's */
	int i = read_word(r, KEY_PREFIX "backendMode", backend_words + 1, BACKEND_COUNT - 1, none, "absent");

	r->ns->backend = (enum backend)(i + 1);
}

/* The master that key asks for; NULL where there is none or it is not valid. */
static const char *read_master(struct reading *r)
{
	static const char key[] = KEY_PREFIX "standaloneMaster";
	struct slice value = value_of(r, r->annotations, key);
	struct master_url url;
	struct err err = {""};

	if (!value.ptr)
		return NULL;
	if (master_url_parse(value, &url, &err) < 0)
		add_problem(r, key, arena_printf(r->a, "%s: %s", key, err.text));
	else if (url.kind != MASTER_STANDALONE)
		add_problem(r, key,
			    arena_printf(r->a, "%s '%s' is not a standalone master, write spark://host:7077", key, show_url(r->a, value)));
	else
		return arena_dup(r->a, value);
	return NULL;
}

/* ---- versions ---- */

/* "4.1" and "4.1.0" are 4.1; "4.1x" is nothing. */
static spark_version parse_whole_version(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((value.ptr[i] < '0' || value.ptr[i] > '9') && value.ptr[i] != '.')
			return 0;
	return spark_version_parse(value);
}

static spark_version read_spark_version(struct reading *r)
{
	static const char key[] = KEY_PREFIX "sparkVersion";
	const struct texts *known = &r->p->spark_versions;
	spark_version fallback = r->p->default_spark_version;
	struct slice value = value_of(r, r->annotations, key);

	if (!value.ptr)
		return fallback;
	spark_version version = parse_whole_version(value);
	if (policy_knows_version(r->p, version))
		return version;
	spark_version newest = known->count ? spark_version_parse(slice_of(known->items[known->count - 1])) : 0;
	if (newest && version > newest)
		fallback = newest;
	unknown_word(r, key, value, spark_version_text(r->a, fallback), (const char *const *)known->items,
		     known->count);
	return fallback;
}

bool pss_version_is_numbered(struct slice s)
{
	return slice_skip(&s, SLICE_LIT("v1.")) && slice_digits(s) && s.len <= 3 && (s.len == 1 || s.ptr[0] != '0');
}

static const char *read_pss_version(struct reading *r)
{
	static const char key[] = KEY_PREFIX "pssVersion";
	static const char *const words[] = {"latest", "v1.N (v1.30)"}; /* so long that "v1." is near neither */
	struct slice value = value_of(r, r->annotations, key);

	if (!value.ptr || slice_is(value, "latest"))
		return "latest";
	if (pss_version_is_numbered(value))
		return arena_dup(r->a, value);
	unknown_word(r, key, value, "latest", WORDS(words));
	return "latest";
}

/* ---- keys that nobody reads ---- */

static bool is_ours(const char *key)
{
	return strncmp(key, KEY_PREFIX, strlen(KEY_PREFIX)) == 0;
}

/* Words, and where else a key would be right. */
struct known_keys {
	const char *const *words;
	size_t count;
	const char *const *elsewhere;
	size_t elsewhere_count;
	const char *should_be;
};

static const char *why_unread(struct arena *a, struct slice key, const struct known_keys *known)
{
	const char *near = nearest_word(key, known->words, known->count);

	if (word_index(key, known->elsewhere, known->elsewhere_count) >= 0)
		return arena_printf(a, "key '%s' must be %s, nothing reads it here", show(a, key), known->should_be);
	if (near)
		return arena_printf(a, "key '%s' is unknown, did you mean '%s'?", show(a, key), near);
	return arena_printf(a, "key '%s' is unknown, nothing reads it", show(a, key));
}

/* Otherwise a typing error in a key would silently mean no backend at all. */
static void check_keys(struct reading *r, const struct json *map, const struct known_keys *known)
{
	size_t unread = 0;

	JSON_EACH(item, map) {
		struct slice key = slice_of(json_key(item));
		if (!is_ours(key.ptr) || word_index(key, known->words, known->count) >= 0)
			continue;
		if (++unread > UNREAD_KEYS_MAX)
			return;
		add_problem_of(r, "scope.unknownKey", arena_dup(r->a, key), why_unread(r->a, key, known));
	}
}

const char *object_key_unread(struct arena *a, const char *key, bool label)
{
	static const struct known_keys annotations = {WORDS(object_annotations), WORDS(object_labels), "a label"};
	static const struct known_keys labels = {WORDS(object_labels), WORDS(object_annotations), "an annotation"};
	const struct known_keys *known = label ? &labels : &annotations;
	struct slice name = slice_of(key);

	if (!is_ours(key) || word_index(name, known->words, known->count) >= 0 || slice_is(name, KEY_PREFIX "switch"))
		return NULL;
	bool misplaced = word_index(name, known->elsewhere, known->elsewhere_count) >= 0;
	if (!misplaced && (word_index(name, WORDS(annotation_keys)) >= 0 || word_index(name, WORDS(label_keys)) >= 0))
		return arena_printf(a, "key '%s' is read on Namespaces only: write it there", key);
	return why_unread(a, name, known);
}

/* ---- all together ---- */

/* A label that is there but not a known word acts as enforce: a typing error must not switch off. */
static enum mode read_mode(struct reading *r, const struct json *labels)
{
	static const char key[] = KEY_PREFIX "mode";
	struct slice value = value_of(r, labels, key);

	if (!value.ptr)
		return MODE_NONE;
	int index = word_index(value, WORDS(mode_words));
	if (index >= 0)
		return (enum mode)index;
	unknown_word(r, key, value, "enforce", WORDS(mode_words));
	return MODE_ENFORCE;
}

static void read_pss(struct reading *r)
{
	struct namespace *ns = r->ns;
	int as_mode = (int)ns->mode;
	int wanted = read_word(r, KEY_PREFIX "pssMode", WORDS(mode_words), as_mode, "absent");

	ns->pss_level = (enum pss_level)read_word(r, KEY_PREFIX "pssLevel", WORDS(level_words), PSS_RESTRICTED, "restricted");
	ns->pss_version = read_pss_version(r);
	ns->pss_mode = (enum mode)(wanted > as_mode ? wanted : as_mode);
	ns->hardening = (enum hardening)read_word(r, KEY_PREFIX "hardening", WORDS(hardening_words), HARDENING_FILL, "fill");
}

static void read_all(struct reading *r, const struct json *labels)
{
	struct namespace *ns = r->ns;
	const char *fallback = r->p->default_standalone_master;

	ns->mode = read_mode(r, labels);
	read_backend(r);
	ns->standalone_master = read_master(r);
	if (!json_get(r->annotations, KEY_PREFIX "standaloneMaster") && fallback && *fallback)
		ns->standalone_master = fallback;
	ns->spark_version = read_spark_version(r);
	ns->allow_override = read_word(r, KEY_PREFIX "allowOverride", WORDS(bool_words), 0, "false") == 1;
	read_pss(r);
	ns->config_maps = (enum config_maps)read_word(r, KEY_PREFIX "configMaps", WORDS(config_maps_words),
						      CONFIG_MAPS_REWRITE, "rewrite");
	check_keys(r, labels, &(struct known_keys){WORDS(label_keys), WORDS(annotation_keys), "an annotation"});
	check_keys(r, r->annotations, &(struct known_keys){WORDS(annotation_keys), WORDS(label_keys), "a label"});
}

void namespace_parse(const struct policy *p, struct arena *a, const struct json *object, struct namespace *ret)
{
	const struct json *metadata = json_get(object, "metadata");
	struct namespace ns = {.name = arena_dup(a, slice_of(json_text(json_get(metadata, "name"), "")))};
	struct reading r = {p, a, json_get(metadata, "annotations"), &ns, 0};
	struct slice range = json_slice(json_get(r.annotations, "openshift.io/sa.scc.uid-range"));

	read_all(&r, json_get(metadata, "labels"));
	if (range.ptr)
		ns.openshift_uid_range = arena_dup(a, range);
	ns.mode_is_annotation = json_get(r.annotations, KEY_PREFIX "mode") != NULL;
	if (ns.mode == MODE_NONE)
		ns.problem_count = 0; /* nobody asked for us: nothing to complain about */
	*ret = ns;
}

/* The label written as an annotation is the likeliest mistake. */
const char *namespace_not_opted_in(const struct namespace *ns)
{
	return ns->mode_is_annotation ? KEY_PREFIX "mode is an annotation there, it must be a label" : "no label " KEY_PREFIX "mode";
}

void namespace_override(const struct policy *p, struct arena *a, const struct namespace *ns,
			const struct json *metadata, struct namespace *ret)
{
	static const char key[] = KEY_PREFIX "standaloneMaster";
	struct namespace own = *ns;
	struct reading r = {p, a, json_get(metadata, "annotations"), &own, own.problem_count};

	if (ns->mode == MODE_NONE || !ns->allow_override) {
		*ret = *ns;
		return;
	}
	read_backend(&r);
	const char *master = read_master(&r);
	if (master && master_is_allowed(p, slice_of(master), ns->name))
		own.standalone_master = master;
	else if (master)
		add_problem(&r, key,
			    arena_printf(a, "%s '%s' may not be chosen here: name a Service of this namespace", key,
					 show(a, slice_of(master))));
	*ret = own;
}
