#include "spark/options.h"

#include <stdint.h>

enum takes {
	VALUE,
	SWITCH, /* no value */
	NEWER   /* a value; but versions that do not know it take it for an argument, and read what follows by itself */
};

struct known_option {
	struct slice name, alias, key; /* ptr NULL: none */
	enum takes takes;
};

#define NONE {NULL, 0}

/* In the order of SparkSubmitOptionParser.opts; the keys are those of SparkSubmit's OptionAssigners. */
static const struct known_option known[] = {
	{SLICE_INIT("--archives"), NONE, SLICE_INIT("spark.archives"), VALUE},
	[1] = {SLICE_INIT("--class"), NONE, NONE, VALUE},
	[2] = {SLICE_INIT("--conf"), SLICE_INIT("-c"), NONE, VALUE},
	{SLICE_INIT("--deploy-mode"), NONE, SLICE_INIT("spark.submit.deployMode"), VALUE},
	{SLICE_INIT("--driver-class-path"), NONE, SLICE_INIT("spark.driver.extraClassPath"), VALUE},
	{SLICE_INIT("--driver-cores"), NONE, SLICE_INIT("spark.driver.cores"), VALUE},
	{SLICE_INIT("--driver-default-class-path"), NONE, SLICE_INIT("spark.driver.defaultExtraClassPath"), NEWER}, /* 4.x */
	{SLICE_INIT("--driver-java-options"), NONE, SLICE_INIT("spark.driver.extraJavaOptions"), VALUE},
	{SLICE_INIT("--driver-library-path"), NONE, SLICE_INIT("spark.driver.extraLibraryPath"), VALUE},
	{SLICE_INIT("--driver-memory"), NONE, SLICE_INIT("spark.driver.memory"), VALUE},
	{SLICE_INIT("--exclude-packages"), NONE, SLICE_INIT("spark.jars.excludes"), VALUE},
	{SLICE_INIT("--executor-cores"), NONE, SLICE_INIT("spark.executor.cores"), VALUE},
	{SLICE_INIT("--executor-memory"), NONE, SLICE_INIT("spark.executor.memory"), VALUE},
	{SLICE_INIT("--extra-properties-file"), NONE, NONE, NEWER}, /* 4.2 */
	{SLICE_INIT("--files"), NONE, SLICE_INIT("spark.files"), VALUE},
	{SLICE_INIT("--jars"), NONE, SLICE_INIT("spark.jars"), VALUE},
	{SLICE_INIT("--keytab"), NONE, SLICE_INIT("spark.kerberos.keytab"), VALUE},
	{SLICE_INIT("--kill"), NONE, NONE, VALUE},
	{SLICE_INIT("--master"), NONE, SLICE_INIT("spark.master"), VALUE},
	{SLICE_INIT("--name"), NONE, SLICE_INIT("spark.app.name"), VALUE},
	{SLICE_INIT("--num-executors"), NONE, SLICE_INIT("spark.executor.instances"), VALUE},
	{SLICE_INIT("--packages"), NONE, SLICE_INIT("spark.jars.packages"), VALUE},
	{SLICE_INIT("--principal"), NONE, SLICE_INIT("spark.kerberos.principal"), VALUE},
	{SLICE_INIT("--properties-file"), NONE, NONE, VALUE},
	{SLICE_INIT("--proxy-user"), NONE, NONE, VALUE},
	{SLICE_INIT("--py-files"), NONE, SLICE_INIT("spark.submit.pyFiles"), VALUE},
	{SLICE_INIT("--queue"), NONE, SLICE_INIT("spark.yarn.queue"), VALUE},
	{SLICE_INIT("--remote"), NONE, SLICE_INIT("spark.remote"), VALUE},
	{SLICE_INIT("--repositories"), NONE, SLICE_INIT("spark.jars.repositories"), VALUE},
	{SLICE_INIT("--status"), NONE, NONE, VALUE},
	{SLICE_INIT("--total-executor-cores"), NONE, SLICE_INIT("spark.cores.max"), VALUE},
	{SLICE_INIT("--help"), SLICE_INIT("-h"), NONE, SWITCH},
	{SLICE_INIT("--load-spark-defaults"), NONE, NONE, SWITCH}, /* 4.x */
	{SLICE_INIT("--supervise"), NONE, NONE, SWITCH},
	{SLICE_INIT("--usage-error"), NONE, NONE, SWITCH},
	{SLICE_INIT("--verbose"), SLICE_INIT("-v"), NONE, SWITCH},
	{SLICE_INIT("--version"), NONE, NONE, SWITCH},
};

/* The two whose values are examined. */
#define CLASS (&known[1])
#define CONF (&known[2])

static const struct known_option *find(struct slice name)
{
	if (name.len == 0 || name.ptr[0] != '-')
		return NULL;
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (slice_eq(name, known[i].name) || (known[i].alias.ptr && slice_eq(name, known[i].alias)))
			return &known[i];
	return NULL;
}

const char *option_for_key(struct slice key)
{
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (known[i].key.ptr && slice_eq(key, known[i].key))
			return known[i].name.ptr;
	return NULL;
}

bool option_is_known(struct slice word)
{
	return find(slice_cut(&word, '=')) != NULL;
}

bool option_takes_value(struct slice word)
{
	const struct known_option *option = find(slice_cut(&word, '='));

	return option && option->takes != SWITCH;
}

/* The java launcher takes "a/B" for "a.B" (LauncherHelper). */
static bool class_is(struct slice name, struct slice class)
{
	if (name.len != class.len)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] != class.ptr[i] && !(name.ptr[i] == '/' && class.ptr[i] == '.'))
			return false;
	return true;
}

bool class_is_connect_server(struct slice name)
{
	return class_is(name, SLICE_LIT("org.apache.spark.sql.connect.service.SparkConnectServer")) ||
	       class_is(name, SLICE_LIT("org.apache.spark.sql.connect.SimpleSparkConnectService")); /* in the same jar, for tests */
}

/* Those of the launcher, which compares texts. */
static bool class_is_mixed(struct slice name)
{
	static const char *const names[] = {"org.apache.spark.sql.connect.service.SparkConnectServer", "org.apache.spark.repl.Main",
					    "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
					    "org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver"};

	return SLICE_IS_ONE_OF(name, names);
}

bool class_is_called_server(struct slice name)
{
	return slice_ends(name, "SparkConnectServer");
}

bool class_is_submit(struct slice name)
{
	return class_is(name, SLICE_LIT("org.apache.spark.deploy.SparkSubmit"));
}

/* Java's `.` does not match a line terminator, so a value with one does not match `(--[^=]+)=(.+)`. */
static bool has_line_end(struct slice s)
{
	return slice_has(s, "\n") || slice_has(s, "\r") || slice_has(s, "\xc2\x85") || slice_has(s, "\xe2\x80\xa8") ||
	       slice_has(s, "\xe2\x80\xa9");
}

/* The length of "--name" in "--name=value"; 0 where word is not written that way. */
static size_t equals_at(const struct word *word)
{
	struct slice s = word->value;
	const char *equals = s.len ? memchr(s.ptr, '=', s.len) : NULL;
	size_t at = equals ? (size_t)(equals - s.ptr) : 0;

	if (at < 3 || at >= word->known || !slice_starts(s, "--"))
		return 0;
	if (at + 1 == s.len || has_line_end((struct slice){equals + 1, s.len - at - 1}))
		return 0;
	return at;
}

/* The option that the word is or begins with, and the position of its equals sign: looked up once, until the word changes. */
static const struct word_option *read_word(struct word *word)
{
	struct word_option *read = &word->read;
	struct slice value = word->value;

	if (read->made && read->made == value.ptr && read->made_len == value.len && read->made_known == word->known)
		return read;
	size_t equals = equals_at(word);
	*read = (struct word_option){find((struct slice){value.ptr, equals ? equals : value.len}), equals, value.ptr,
				     value.len, word->known};
	return read;
}

/* Does this part of it stand for names of files, which anybody may have made? */
static bool is_glob(const struct word *word, struct slice part)
{
	for (size_t i = 0; word->many && i < part.len; i++)
		if (strchr("*?[", part.ptr[i]))
			return true;
	return false;
}

/* Can it be an option, or several, for all we know? */
static bool is_opaque(const struct word *word)
{
	struct slice s = word->value;

	if (word->spreads || word->differs)
		return true;
	if (word->known == s.len && word->literal)
		return false;
	return word->known == 0 || s.ptr[0] == '-';
}

/* Add an option whose value, if it has one, is in the word itself. */
static inline struct option *add(struct options *list, struct arena *a, enum option_kind kind, size_t word)
{
	struct option *o;

	if (list->count == list->cap)
		list->items = arena_grow(a, list->items, &list->cap, list->count + 1, sizeof(*o));
	o = &list->items[list->count++];
	*o = (struct option){.kind = kind, .word = word, .holder = word};
	return o;
}

/* Split K=V at the first equals sign (SparkSubmitUtils.parseSparkConfProperty). A key that is not known may be any key. */
static void split_conf(struct option *o, const struct word *holder)
{
	struct slice s = o->value;
	const char *equals = s.len ? memchr(s.ptr, '=', s.len) : NULL;
	size_t at = equals ? (size_t)(equals - s.ptr) : s.len;

	if ((o->offset + at >= holder->known && (holder->known < holder->value.len || !holder->literal)) ||
	    is_glob(holder, (struct slice){s.ptr, at})) {
		o->kind = OPTION_OPAQUE;
		return;
	}
	o->kind = OPTION_CONF;
	if (!equals)
		return; /* fatal for Spark: it has no key */
	o->key = (struct slice){s.ptr, at};
	o->value = (struct slice){equals + 1, s.len - at - 1};
	o->offset += at + 1;
}

struct option_reader {
	struct arena *arena;
	struct options *list;
	const struct argument *words;
	size_t count;
	size_t after_opaque; /* index of the word after the last opaque one that may take it as a value */
	bool by_class;       /* MIXED_BY_CLASS */
};

static size_t next_word(const struct option_reader *r, size_t i)
{
	while (i < r->count && r->words[i].word->state == WORD_REMOVED)
		i++;
	return i;
}

static void add_opaque(struct option_reader *r, size_t i, bool swallows)
{
	struct option *o = add(r->list, r->arena, OPTION_OPAQUE, i);

	r->list->opaque = true;
	o->swallows = swallows;
	if (swallows)
		r->after_opaque = next_word(r, i + 1);
}

/* Do versions that know the option and versions that do not read the words after it differently? */
static bool is_read_both_ways(const struct known_option *k, const struct word *value)
{
	return k->takes == NEWER && (!value->literal || value->known < value->value.len || slice_starts(value->value, "-"));
}

/* Read option k at word i; equals: the length of its name in --name=value, 0 without `=`. Returns the index after it. */
static size_t read_option(struct option_reader *r, const struct known_option *k, size_t i, size_t equals)
{
	size_t at = k->takes != SWITCH && equals == 0 ? next_word(r, i + 1) : i;
	const struct word *holder;
	struct option *o;

	if (at == r->count) {
		r->list->missing = i;
		return r->count;
	}
	holder = r->words[at].word;
	if (at != i && is_read_both_ways(k, holder)) {
		add_opaque(r, i, true);
		return i + 1;
	}
	o = add(r->list, r->arena, k->takes == SWITCH ? OPTION_SWITCH : OPTION_KEY, i);
	o->name = k->name;
	o->key = k->key;
	o->holder = at;
	o->offset = equals ? equals + 1 : 0;
	o->value = (struct slice){holder->value.ptr + o->offset, holder->value.len - o->offset};
	o->literal = holder->literal && !holder->differs;
	o->swallowed = i == r->after_opaque;
	if (k == CONF)
		split_conf(o, holder);
	r->list->opaque |= o->kind == OPTION_OPAQUE;
	if (k == CLASS)
		r->list->mixed |= r->by_class && o->literal && class_is_mixed(o->value);
	if (holder->parts || holder->spreads) /* `--conf k=$X` where X has a blank: what follows that may be options */
		add_opaque(r, at, holder->dangles || holder->spreads);
	return at + 1;
}

void options_read(struct options *list, struct arena *a, const struct argument *words, size_t count, enum mixing mixing)
{
	struct option_reader r = {a, list, words, count, SIZE_MAX, mixing == MIXED_BY_CLASS};

	list->count = 0;
	list->end = count;
	list->mixed = mixing == MIXED_ALWAYS;
	list->opaque = false;
	list->missing = SIZE_MAX;
	for (size_t i = next_word(&r, 0); i < count; i = next_word(&r, i)) {
		const struct word_option *read = read_word(words[i].word);
		const struct word *word = words[i].word;
		bool opaque = read->equals ? is_glob(word, (struct slice){word->value.ptr, read->equals}) : is_opaque(word);

		opaque |= list->mixed && !read->option && (word->parts || word->spreads); /* x$X, --no-option=$X where X has a blank */
		if (read->option && !opaque) {
			i = read_option(&r, read->option, i, read->equals);
		} else if (opaque) {
			add_opaque(&r, i, word->dangles || word->differs || word->spreads);
			i++;
		} else if (list->mixed) {
			i++; /* an argument of the server, which ignores them all */
		} else {
			list->end = i; /* the resource; an unknown option is fatal */
			break;
		}
	}
}

/* Did the reader of list start afresh at word `at`, as it does after every option? */
static bool begins_at(const struct options *list, size_t at, size_t *place)
{
	for (*place = 0; *place < list->count && list->items[*place].word < at; ++*place)
		;
	return at <= list->end && at <= list->missing && (*place == 0 || list->items[*place - 1].holder < at);
}

bool options_insert(struct options *list, struct arena *a, const struct argument *words, size_t count, size_t at)
{
	const struct known_option *option = read_word(words[at].word)->option;
	struct option_reader r = {a, list, words, count, SIZE_MAX, false};
	size_t place;

	if (!option || option->takes == NEWER || !begins_at(list, at, &place) || (place > 0 && list->items[place - 1].swallows))
		return false;
	for (size_t i = place; i < list->count; i++) {
		list->items[i].word += 2;
		list->items[i].holder += 2;
	}
	list->end += 2;
	list->missing += list->missing == SIZE_MAX ? 0 : 2;
	(void)read_option(&r, option, at, 0);

	struct option added = list->items[list->count - 1];
	memmove(list->items + place + 1, list->items + place, (list->count - 1 - place) * sizeof(added));
	list->items[place] = added;
	return true;
}

/* May it look like an option to versions that do not know the one before it? */
static bool is_taken_for_option(const struct word *value)
{
	return value->known < value->value.len || slice_starts(value->value, "-");
}

bool options_replace(struct options *list, const struct argument *words, size_t at)
{
	struct option *o = &list->items[at];
	const struct word *holder = words[o->holder].word;
	bool alone = o->holder != o->word && !words[o->holder].via && holder->in && holder->in->kind == CARRIER_ARRAY;
	bool parted = at + 1 < list->count && list->items[at + 1].word == o->holder;
	const struct known_option *option = find(o->name);

	if (!alone || parted || !o->literal || !option || (is_taken_for_option(holder) && option->takes == NEWER))
		return false;
	o->value = slice_from(holder->value, o->offset);
	return true;
}

const struct option *options_last(const struct options *list, struct slice name)
{
	for (size_t i = list->count; i > 0; i--)
		if (slice_eq(list->items[i - 1].name, name))
			return &list->items[i - 1];
	return NULL;
}
