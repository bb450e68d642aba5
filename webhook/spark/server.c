#include "spark/server.h"

#include "spark/conf_dir.h"
#include "spark/k8s_master.h"
#include "spark/mounts.h"
#include "spark/named_only.h"
#include "spark/properties.h"

/* --load-spark-defaults is an option from 4.0 on; before, it means nothing. */
#define LOAD_DEFAULTS_SINCE SPARK_4_0

#define DEFAULTS "spark-defaults.conf"

static void add(struct arena *a, struct servers *list, struct server server)
{
	if (list->count == SERVERS_MAX || server.lines.count > INVOCATIONS_MAX - list->invocations) {
		list->trouble = "more Connect servers in one pod than sparkgate reads";
		list->full = true;
		return;
	}
	list->invocations += server.lines.count;
	server.texts = ARENA_NEW(a, struct server_texts);
	list->items[list->count++] = server;
}

static struct server read_container(const struct policy *p, struct arena *a, const struct json *container,
				    const char *pointer, struct servers *list)
{
	struct server s = {.container = container, .pointer = pointer, .name = json_text(json_get(container, "name"), "")};
	struct err err = {""};

	if (cmdlines_find(p, a, container, pointer, &list->mounted, &s.lines, &err) < 0) {
		s.lines = (struct cmdlines){0};
		if (!list->trouble)
			list->trouble = arena_printf(a, "container '%s': %s", s.name, err.text);
		s.lines.words = LIMIT_WORDS;
	}
	list->words += s.lines.words;
	if (list->words > SERVER_WORDS_MAX) {
		list->trouble = "more words in the commands of one pod than sparkgate reads";
		list->full = true;
	}
	return s;
}

static void find_in(const struct policy *p, struct arena *a, const struct json *spec, const char *member,
		    const char *prefix, struct servers *list)
{
	const struct json *containers = json_get(spec, member);
	const char *list_pointer = containers ? arena_join(a, prefix, "/spec/", member) : NULL;
	size_t i = 0;

	JSON_EACH(c, containers) {
		if (list->full)
			return;
		const char *pointer = arena_path(a, list_pointer, i++);
		struct server s = read_container(p, a, c, pointer, list);
		if (s.lines.count > 0 || s.lines.why_unlocated)
			add(a, list, s);
	}
}

/* No invocation anywhere: an image's entrypoint may start the server, where nothing replaces it and its args are no other program's. */
static void find_entrypoints(const struct policy *p, struct arena *a, const struct spark_pod *pod, struct servers *list)
{
	const char *list_pointer = arena_join(a, pod->pointer, "/spec/containers");
	size_t i = 0;

	JSON_EACH(c, json_get(pod->spec, "containers")) {
		if (list->full)
			return;
		const char *pointer = arena_path(a, list_pointer, i++);
		if (json_count(json_get(c, "command")) == 0 && role_could_serve(p, pod->metadata, c))
			add(a, list, read_container(p, a, c, pointer, list));
	}
}

static bool any_located(const struct servers *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].lines.count > 0)
			return true;
	return false;
}

/* A side-car that ships logs or counts processes names the server; the one that it means was found, or a label says that it is another
 * pod's. */
static void drop_suspected(struct servers *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (!list->items[i].lines.suspected)
			list->items[kept++] = list->items[i];
	list->count = kept;
}

/* Words alone made it a Connect server's pod, and surely none of them starts one. */
static bool only_names_servers(const struct policy *p, struct arena *a, const struct spark_pod *pod)
{
	if (pod->match.role != ROLE_CONNECT_SERVER || pod->match.by_label)
		return false;
	for (size_t i = 0; i < CONTAINER_LISTS; i++)
		JSON_EACH(container, json_get(pod->spec, container_lists[i]))
			if (!container_only_names_server(p, a, container))
				return false;
	return true;
}

static bool any_ephemeral_starts(const struct policy *p, struct arena *a, const struct json *spec)
{
	JSON_EACH(container, json_get(spec, "ephemeralContainers"))
		if (!container_only_names_server(p, a, container))
			return true;
	return false;
}

/* No start was found in containers and init containers, and the pod's label says that there is none. */
static bool is_none_by_label(const struct policy *p, struct arena *a, const struct spark_pod *pod)
{
	return role_says_none(pod->metadata) && !any_ephemeral_starts(p, a, pod->spec);
}

/* No start was found, nor what may be one. */
static void find_without_start(const struct policy *p, struct arena *a, struct spark_pod *pod, struct servers *list)
{
	if (only_names_servers(p, a, pod) || is_none_by_label(p, a, pod)) {
		pod->match = role_of_pod_without_start(p, a, pod->metadata, pod->spec);
		if (pod->match.role != ROLE_CONNECT_SERVER)
			return;
	}
	find_entrypoints(p, a, pod, list);
}

/* What is mounted elsewhere is asked where there is an elsewhere. */
static bool has_others(const struct json *spec)
{
	return json_count(json_get(spec, "containers")) + json_count(json_get(spec, "initContainers")) +
		       json_count(json_get(spec, "ephemeralContainers")) > 1;
}

static void find_files(const struct policy *p, struct arena *a, const struct spark_pod *pod, struct servers *list)
{
	if (list->count > 0 && has_others(pod->spec))
		volume_uses_find(a, pod->spec, &list->uses);
	for (size_t i = 0; i < list->count; i++) {
		struct server *s = &list->items[i];
		s->files = (struct pod_files){.spec = pod->spec, .container = s->container, .lookups = pod->lookups, .uses = &list->uses};
		pod_files_find(p, a, &s->files);
	}
}

void servers_find(const struct policy *p, struct arena *a, struct spark_pod *pod, struct servers *ret)
{
	*ret = (struct servers){.items = arena_alloc_dirty(a, SERVERS_MAX * sizeof(*ret->items)), .mounted = {.spec = pod->spec, .lookups = pod->lookups}};
	if (pod->ephemeral) {
		find_in(p, a, pod->spec, "ephemeralContainers", pod->pointer, ret);
	} else {
		find_in(p, a, pod->spec, "containers", pod->pointer, ret);
		find_in(p, a, pod->spec, "initContainers", pod->pointer, ret); /* one that serves in the foreground never ends */
		if (any_located(ret) || role_says_none(pod->metadata))
			drop_suspected(ret);
		if (ret->count == 0 && !ret->trouble)
			find_without_start(p, a, pod, ret);
	}
	find_files(p, a, pod, ret);
}

/* ---- views ---- */

/* Of what a view is made. */
struct viewing {
	struct arena *a;
	const struct spark_pod *pod;
	const struct server *server;
	const struct environment *env;
	const struct cmdline *line; /* NULL: the image starts the server */
	enum reading reading;
};

/* The --properties-file of a command line. */
struct named {
	struct slice written, path; /* ptr NULL: none; path: where that is, as far as can be told */
	bool literal;               /* false: the shell makes the name, of which the last part is known */
	bool certain;               /* no other file than that at path is read */
	const struct pod_file *file; /* which stands there */
};

static struct named named_file(const struct viewing *v)
{
	const struct json *container = v->server->container;
	struct named n = {.literal = true};

	if (v->line)
		n.written = cmdline_properties_file(v->line, &n.literal);
	n.path = n.written;
	if (!n.written.ptr || !n.literal)
		return n;
	n.path = path_resolve(v->a, json_slice(json_get(container, "workingDir")), n.written);
	n.file = pod_files_at(v->a, container, &v->server->files, n.path);
	n.certain = n.path.ptr == n.written.ptr && n.file;
	return n;
}

/* 4.x reads the defaults too where it is told to (SparkSubmitArguments). */
static bool reads_defaults(const struct viewing *v, const struct named *named)
{
	return !named->path.ptr || (v->pod->version >= LOAD_DEFAULTS_SINCE && cmdline_load_defaults(v->line));
}

/* The one or two files that Spark reads, where it can be told which (known); then no other text counts for the master. */
struct decisive {
	bool known;
	const struct pod_file *items[2]; /* weakest first */
	size_t count;
	const char *covered;
};

static void add_decisive(struct decisive *d, struct conf_file found)
{
	d->known &= found.mounted;
	d->covered = d->covered ? d->covered : found.covered;
	if (found.file)
		d->items[d->count++] = found.file;
}

/* A server that its image starts has no command of which we know that it copies a file to where the pod says. */
static struct conf_file seen_from(const struct viewing *v, struct conf_file found)
{
	if (v->line || !found.elsewhere)
		return found;
	return (struct conf_file){.mounted = true, .covered = found.elsewhere};
}

static struct decisive decisive_files(const struct viewing *v, const struct named *named)
{
	struct conf_search c = {v->a, v->pod->spec, v->server->container, v->pod->lookups, &v->server->files, v->env};
	struct decisive d = {.known = true};

	if (reads_defaults(v, named))
		add_decisive(&d, seen_from(v, conf_file_in_folder(&c, "spark-defaults.conf")));
	if (named->path.ptr)
		add_decisive(&d, conf_file_at(&c, named->written));
	return d;
}

/* May what file says of the master be believed? A server that has its master from a file is on its backend only if that
 * very file says so, not what lies beside the file that Spark reads. All else of a text
 * counts wherever it is: which one a script copies or an init container renders is not known, and the
 * command line has what must hold. */
static bool is_believed(const struct decisive *d, const struct pod_file *file)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->items[i]->text.ptr == file->text.ptr)
			return true;
	return !d->known;
}

static void drop_master(struct settings *list, size_t from)
{
	size_t kept = from;

	for (size_t i = from; i < list->count; i++)
		if (!slice_is(list->items[i].key, "spark.master"))
			list->items[kept++] = list->items[i];
	list->count = kept;
}

/* false: no room for the settings of this file, nor for those behind it. */
static bool add_file(const struct viewing *v, const struct pod_file *file, enum setting_source source, struct view *view)
{
	struct arena *a = v->a;
	struct slice text = v->reading == READING_AS_USER_WROTE ? properties_undo(a, file->text) : file->text;
	const struct setting like = {.source = source, .config_map = file->config_map, .data_key = file->key};
	struct properties p;
	struct err err = {""};

	/* A text that Spark cannot load is reported where the ConfigMap is checked; here it holds nothing. */
	bool room = true;
	if (properties_parse(a, text, &p, &err) == 0 && p.count > PROPERTIES_MAX - view->settings.count) {
		room = false;
		err_set(&err, "more than %u settings in all files", PROPERTIES_MAX);
	}
	if (!err.text[0])
		properties_settings(a, &p, &like, &view->settings);
	else if (!view->unseen)
		view->unseen = arena_printf(a, "ConfigMap '%s', key '%s' (%s)", file->config_map, file->key, err.text);
	return room;
}

/* Texts of any kind that only their name tells of: a file that is not where it is named, or for which there is no folder. */
static void add_likely(const struct viewing *v, const struct named *named, const struct decisive *decisive,
		       struct pod_files *files)
{
	if (!named->path.ptr && decisive->count == 0)
		pod_files_add_mounted_as(v->a, v->server->container, files, SLICE_LIT(DEFAULTS));
	else if (named->path.ptr && !named->certain)
		pod_files_add_named(v->a, v->server->container, files, path_last(named->path));
}

/* A copy, in the order of this command line. */
static struct pod_files files_of(const struct viewing *v, const struct named *named, const struct decisive *decisive,
				 struct view *view)
{
	struct pod_files files = v->server->files;

	files.items = ARENA_ARRAY(v->a, files.count, struct pod_file);
	files.cap = files.count;
	if (files.count > 0)
		memcpy(files.items, v->server->files.items, files.count * sizeof(*files.items));
	add_likely(v, named, decisive, &files);
	view->sure = named->certain ? named->file->key : NULL;
	view->guessed = !decisive->known && files.count > 1;
	if (!named->literal)
		pod_files_keep_named(&files, named->path);
	struct script_conf *script = v->line && !cmdline_comes_first(v->line) ? &v->server->texts->script : NULL;
	view->unseen = pod_files_unseen(v->a, v->pod->spec, v->server->container, v->env, &files, named->path, script);
	pod_files_order(&files, named->path);
	for (size_t i = 0; i < decisive->count; i++)
		pod_files_put_last(v->a, &files, decisive->items[i]);
	if (named->file)
		pod_files_put_last(v->a, &files, named->file);
	return files;
}

static void add_files(const struct viewing *v, const struct named *named, const struct decisive *decisive, struct view *view)
{
	enum setting_source source = named->path.ptr ? SOURCE_PROPERTIES_FILE : SOURCE_DEFAULTS_FILE;
	struct pod_files files = files_of(v, named, decisive, view);

	for (size_t i = 0; i < files.count; i++) {
		size_t before = view->settings.count;
		bool room = add_file(v, &files.items[i], source, view);
		if (v->reading == READING_AS_IT_IS && !is_believed(decisive, &files.items[i]))
			drop_master(&view->settings, before);
		if (!room)
			return;
	}
}

/* Nothing is mounted where Spark reads: the image may put what is mounted elsewhere there, or Spark finds nothing and takes the
 * environment's master. They must agree. */
static bool is_overruled(const struct viewing *v, const struct decisive *decisive, const struct view *view)
{
	struct slice key = SLICE_LIT("spark.master");

	if (v->line || decisive->known)
		return false;
	const struct setting *file = view_file_winner(view, key);
	const struct setting *other = settings_last(&view->settings, SOURCE_ENVIRONMENT, key);
	return file && other && !(other->literal && slice_eq(file->value, other->value));
}

struct view server_view(struct arena *a, const struct spark_pod *pod, const struct server *server,
			const struct environment *env, const struct cmdline *line, enum reading reading)
{
	const struct viewing v = {a, pod, server, env, line, reading};
	struct view view = {.host_is_set = false};
	struct named named = named_file(&v);

	/* spark-class with the server's own class reads no properties file (SparkClassCommandBuilder). */
	bool reads = !line || cmdline_program(line) != PROGRAM_SPARK_CLASS;
	/* A name that the shell makes can be any file's: it is guessed by its last part. */
	struct decisive decisive = {.known = false};
	if (reads && named.literal)
		decisive = decisive_files(&v, &named);
	view.covered = decisive.covered;
	if (reads && named.certain && !reads_defaults(&v, &named))
		add_file(&v, named.file, SOURCE_PROPERTIES_FILE, &view);
	else if (reads)
		add_files(&v, &named, &decisive, &view);
	size_t weakest = view.settings.count;
	environment_settings(a, env, &view.settings);
	if (!reads) /* MASTER is read by SparkSubmit (SparkSubmitArguments) */
		drop_master(&view.settings, weakest);
	if (is_overruled(&v, &decisive, &view))
		view.covered = "the image's folder conf, which decides whether env MASTER counts,";
	if (line)
		cmdline_settings(line, &view.settings);
	view.host_is_set = pod->ns->backend == BACKEND_K8S && k8s_host_is_set(env);
	return view;
}

const struct sizes *server_sizes(const struct spark_pod *pod, const struct server *server, const struct environment *env,
				 const struct cmdline *line, const struct view *view)
{
	struct server_texts *texts = server->texts;
	bool open = line && (cmdline_uncertain(line, SLICE_LIT("spark.cores.max")) || cmdline_uncertain(line, SLICE_LIT("spark.executor.cores")));

	if (pod->ns->backend != BACKEND_STANDALONE || !(open || view->unseen))
		return NULL;
	if (!texts->sizes_known)
		texts->sizes_named = sizes_read(server->container, env, &texts->sizes);
	texts->sizes_known = true;
	return texts->sizes_named ? &texts->sizes : NULL;
}
