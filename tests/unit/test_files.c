/*
 * Which text of a pod's ConfigMaps stands at a path: mounts, items, subPath, projected volumes.
 */
#include "spark/files.h"

#include "base/buf.h"
#include "base/json.h"
#include "policy/load.h"
#include "spark/mounts.h"
#include "spark/script_conf.h"
#include "testing.h"

#define PROPS "'data':{'spark-defaults.conf':'spark.master local','my.conf':'spark.ui.port 1','x.yaml':'spark.ui.port 2'}"
#define CONTAINER(mounts) "{'volumeMounts':[" mounts "]}"
#define CONF "{'name':'conf','configMap':{'name':'a'}}"
#define SOURCE "{'configMap':{'name':'a'}}"
#define SOURCES_4 SOURCE "," SOURCE "," SOURCE "," SOURCE
#define SOURCES_16 SOURCES_4 "," SOURCES_4 "," SOURCES_4 "," SOURCES_4

static const struct {
	const char *name, *volumes, *container, *path, *found; /* found: ConfigMap/key, "" nobody can say */
} cases[] = {
	{"a key of the mounted ConfigMap", CONF, CONTAINER("{'name':'conf','mountPath':'/etc/spark'}"), "/etc/spark/my.conf", "a/my.conf"},
	{"a slash behind, slashes between", CONF, CONTAINER("{'name':'conf','mountPath':'/etc/spark/'}"), "/etc/spark///my.conf", "a/my.conf"},
	{"a mount that is written oddly", CONF, CONTAINER("{'name':'conf','mountPath':'etc//./spark'}"), "/etc/spark/my.conf", "a/my.conf"},
	{"an item that is", "{'name':'conf','configMap':{'name':'a','items':[{'key':'my.conf','path':'./deep//x'}]}}",
	 CONTAINER("{'name':'conf','mountPath':'/c'}"), "/c/deep/x", "a/my.conf"},
	{"a path that begins anywhere", CONF, CONTAINER("{'name':'conf','mountPath':'/etc/spark'}"), "etc/spark/my.conf", ""},
	{"another folder", CONF, CONTAINER("{'name':'conf','mountPath':'/etc/spark'}"), "/etc/sparkling/my.conf", ""},
	{"no such key", CONF, CONTAINER("{'name':'conf','mountPath':'/etc/spark'}"), "/etc/spark/other.conf", ""},
	{"nothing is mounted", CONF, CONTAINER(""), "/etc/spark/my.conf", ""},
	{"items rename", "{'name':'conf','configMap':{'name':'a','items':[{'key':'my.conf','path':'deep/x'}]}}",
	 CONTAINER("{'name':'conf','mountPath':'/c'}"), "/c/deep/x", "a/my.conf"},
	{"no items are all keys", "{'name':'conf','configMap':{'name':'a','items':[]}}", CONTAINER("{'name':'conf','mountPath':'/c'}"), "/c/my.conf", "a/my.conf"},
	{"items give any key Spark's own name", "{'name':'conf','configMap':{'name':'a','items':[{'key':'x.yaml','path':'deep/spark-defaults.conf'}]}}",
	 CONTAINER("{'name':'conf','mountPath':'/c'}"), "/c/deep/spark-defaults.conf", "a/x.yaml"},
	{"of another kind and name", CONF, CONTAINER("{'name':'conf','mountPath':'/c'}"), "/c/x.yaml", "a/x.yaml"},
	{"the same, projected", "{'name':'conf','projected':{'sources':[{'configMap':{'name':'a'}},{'configMap':{'name':'b'}},{'secret':{'name':'s'}}]}}",
	 CONTAINER("{'name':'conf','mountPath':'/c'}"), "/c/x.yaml", "a/x.yaml"},
	{"of another kind, over one of its name", "{'name':'conf','projected':{'sources':[{'configMap':{'name':'a'}},{'configMap':{'name':'a','items':[{'key':'x.yaml','path':'my.conf'}]}}]}}",
	 CONTAINER("{'name':'conf','mountPath':'/c'}"), "/c/my.conf", "a/x.yaml"},
	{"more sources than anybody has", "{'name':'conf','projected':{'sources':[" SOURCES_16 "," SOURCES_16 "," SOURCES_16 "," SOURCES_16 "," SOURCE "]}}",
	 CONTAINER("{'name':'conf','mountPath':'/c'}"), "/c/x.yaml", ""},
	{"the same, left out", "{'name':'conf','configMap':{'name':'a','items':[{'key':'my.conf','path':'x'}]}}",
	 CONTAINER("{'name':'conf','mountPath':'/c'}"), "/c/x.yaml", ""},
	{"a file by subPath", CONF, CONTAINER("{'name':'conf','mountPath':'/c/spark.properties','subPath':'my.conf'}"), "/c/spark.properties",
	 "a/my.conf"},
	{"a folder by subPath", "{'name':'conf','configMap':{'name':'a','items':[{'key':'my.conf','path':'deep/x'}]}}",
	 CONTAINER("{'name':'conf','mountPath':'/c','subPath':'deep'}"), "/c/x", "a/my.conf"},
	{"subPathExpr is the kubelet's", CONF, CONTAINER("{'name':'conf','mountPath':'/c','subPathExpr':'$(X)'}"), "/c/my.conf", ""},
	{"the deepest mount", CONF ",{'name':'deep','emptyDir':{}}",
	 CONTAINER("{'name':'conf','mountPath':'/c'},{'name':'deep','mountPath':'/c/d'}"), "/c/d/my.conf", ""},
	{"the later of two at one place, however they are written", CONF ",{'name':'no','emptyDir':{}}",
	 CONTAINER("{'name':'no','mountPath':'/c/'},{'name':'no','mountPath':'/c/.'},{'name':'conf','mountPath':'/c'}"), "/c/.//my.conf", "a/my.conf"},
	{"projected", "{'name':'conf','projected':{'sources':[{'secret':{'name':'s'}},{'configMap':{'name':'a'}}]}}",
	 CONTAINER("{'name':'conf','mountPath':'/c'}"), "/c/my.conf", "a/my.conf"},
};

static const struct json *json_of(struct arena *a, const char *text)
{
	const struct json *json = NULL;
	struct err err = {""};

	cr_assert_eq(json_parse(a, quoted(a, text), &json, &err), 0, "%s", err.text);
	return json;
}

Test(files, what_stands_at_a_path)
{
	static const struct policy_options options = {.path_count = 0};
	struct policy *policy = NULL;
	struct err err = {""};

	json_setup();
	cr_assert_eq(policy_load(&options, &policy, &err), 0, "%s", err.text);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = ARENA_INIT;
		struct lookup found = {.name = "a", .state = LOOKUP_FOUND, .object = json_of(&a, "{" PROPS "}")};
		struct lookups lookups = {.items = {found}, .count = 1};
		const struct json *spec = json_of(&a, arena_printf(&a, "{'volumes':[%s]}", cases[i].volumes)),
				  *container = json_of(&a, cases[i].container);
		struct pod_files files;
		struct volume_uses uses;

		volume_uses_find(&a, spec, &uses);
		files = (struct pod_files){.spec = spec, .container = container, .lookups = &lookups, .uses = &uses};
		pod_files_find(policy, &a, &files);
		const struct pod_file *f = pod_files_at(&a, container, &files, slice_of(cases[i].path));
		cr_expect_str_eq(f ? arena_printf(&a, "%s/%s", f->config_map, f->key) : "", cases[i].found, "%s", cases[i].name);
		arena_release(&a);
	}
	policy_unref(policy);
}

#define BINARY(key) "{'binaryData':{'" key "':'AAAA'},'data':{'my.conf':'spark.ui.port 1'}}"
#define NOT_SEEN(key) "ConfigMap 'a', key '" key "' (binaryData)"

static const struct {
	const char *name, *object, *volumes, *container, *properties_file, *unseen;
} unread[] = {
	{"Spark's own file", BINARY("spark-defaults.conf"), CONF, CONTAINER("{'name':'conf','mountPath':'/opt/spark/conf'}"), NULL, NOT_SEEN("spark-defaults.conf")},
	{"by subPath", BINARY("spark-defaults.conf"), CONF,
	 CONTAINER("{'name':'conf','mountPath':'/opt/spark/conf/spark-defaults.conf','subPath':'spark-defaults.conf'}"), NULL, NOT_SEEN("spark-defaults.conf")},
	{"a key of any name in its place", BINARY("x"), "{'name':'conf','configMap':{'name':'a','items':[{'key':'x','path':'spark-defaults.conf'}]}}",
	 CONTAINER("{'name':'conf','mountPath':'/opt/spark/conf'}"), NULL, NOT_SEEN("x")},
	{"one that is named", BINARY("x"), CONF, CONTAINER("{'name':'conf','mountPath':'/c'}"), "/c/x", NOT_SEEN("x")},
	{"another one is named", BINARY("x"), CONF, CONTAINER("{'name':'conf','mountPath':'/c'}"), "/c/my.conf", NULL},
	{"no file of Spark's", BINARY("app.jar"), CONF, CONTAINER("{'name':'conf','mountPath':'/opt/spark/conf'}"), NULL, NULL},
	{"left out", BINARY("spark-defaults.conf"), "{'name':'conf','configMap':{'name':'a','items':[{'key':'my.conf','path':'my.conf'}]}}",
	 CONTAINER("{'name':'conf','mountPath':'/opt/spark/conf'}"), NULL, NULL},
	{"nothing mounts it", BINARY("spark-defaults.conf"), CONF, CONTAINER("{'name':'other','mountPath':'/c'}"), NULL, NULL},
};

/* kubectl stores what is no UTF-8 there: it is not empty, it is not seen. */
Test(files, of_binary_data_are_not_seen)
{
	static const struct policy_options options = {.path_count = 0};
	struct policy *policy = NULL;
	struct err err = {""};

	json_setup();
	cr_assert_eq(policy_load(&options, &policy, &err), 0, "%s", err.text);
	for (size_t i = 0; i < COUNT(unread); i++) {
		struct arena a = ARENA_INIT;
		struct lookup found = {.name = "a", .state = LOOKUP_FOUND, .object = json_of(&a, unread[i].object)};
		struct lookups lookups = {.items = {found}, .count = 1};
		const char *text = arena_printf(&a, "{'volumes':[%s],'containers':[%s]}", unread[i].volumes, unread[i].container);
		const struct json *spec = json_of(&a, text), *container = json_at(json_get(spec, "containers"), 0);
		const char *named = unread[i].properties_file;
		struct pod_files files;
		struct volume_uses uses;

		struct environment env;

		environment_read(&a, container, "/spec/containers/0", &lookups, &env);
		volume_uses_find(&a, spec, &uses);
		files = (struct pod_files){.spec = spec, .container = container, .lookups = &lookups, .uses = &uses};
		pod_files_find(policy, &a, &files);
		const char *unseen = pod_files_unseen(&a, spec, container, &env, &files, named ? slice_of(named) : (struct slice){NULL, 0}, NULL);
		cr_expect_str_eq(unseen ? unseen : "", unread[i].unseen ? unread[i].unseen : "", "%s", unread[i].name);
		arena_release(&a);
	}
	policy_unref(policy);
}

#define SCRIPT(text) "{'command':['sh','-c','" text "'],'volumeMounts':[{'name':'conf','mountPath':'/c'},{'name':'s','mountPath':'/s'}]}"
#define MADE "file 'spark-defaults.conf' (made by a command)"
#define MOVED "the folder of SPARK_CONF_DIR (set by a command)"
#define FILE "$SPARK_HOME/conf/spark-defaults.conf"

/* The server's own commands make the file, out of nothing or of what was seen. mapped: a ConfigMap is there. */
static const struct {
	const char *name, *script;
	bool mapped;
	const char *unseen;
} scripts[] = {
	{"a here-document", "cat > " FILE " <<EOF\\nspark.executor.cores 4\\nEOF\\nexec start.sh", false, MADE},
	{"whatever is mounted", "cat >> " FILE " <<EOF\\nspark.executor.cores 4\\nEOF\\nexec start.sh", true, MADE},
	{"behind a copy", "cp /c/spark-defaults.conf $SPARK_HOME/conf/; echo spark.a b >>\\'" FILE "\\'", true, MADE},
	{"the name in quotes", "printf \\'spark.a %s\\' $X > \\'${SPARK_HOME}/conf/spark-defaults.conf\\'", true, MADE},
	{"a list", "{ echo a; echo b; } >> " FILE, true, MADE},
	{"a list with a text that was seen", "{ cat $X; } < /c/my.conf >> " FILE, true, NULL},
	{"tee", "echo spark.a b | tee -a " FILE " >/dev/null", true, MADE},
	{"tee and a here-document", "tee " FILE " <<EOF\\nspark.a b\\nEOF", true, MADE},
	{"fetched", "curl -sf https://x/y -o " FILE " && exec start.sh", true, MADE},
	{"a template of the image", "cp " FILE ".template " FILE "; sed -i s/a/b/ " FILE, false, MADE},
	{"by a variable", "f=" FILE "\\necho spark.a b >> $f", true, MADE},
	{"by a variable in quotes", "export f=\\'" FILE "\\'\\ncat >\\'${f}\\' <<EOF\\nEOF", true, MADE},
	{"a folder of its own", "export SPARK_CONF_DIR=/tmp/conf\\nexec start.sh", false, MOVED},
	{"for one command", "SPARK_CONF_DIR=/tmp/conf exec start.sh", false, MOVED},
	{"the usual folder", "export SPARK_CONF_DIR=$SPARK_HOME/conf; export SPARK_CONF_DIR=\\'${SPARK_CONF_DIR:-/x}\\'; exec start.sh", false, NULL},
	{"a folder that is mounted", "export SPARK_CONF_DIR=/c; exec start.sh", true, NULL},
	{"a folder with what was seen", "export SPARK_CONF_DIR=/tmp/conf; cp /c/* /tmp/conf/; exec start.sh", true, NULL},
	{"a folder that nobody sees", "export SPARK_CONF_DIR=/s; exec start.sh", true, "Secret 's'"},
	{"copied", "cp /c/spark-defaults.conf " FILE, true, NULL},
	{"linked", "ln -sf /c/spark-defaults.conf " FILE, true, NULL},
	{"rendered", "envsubst < /c/spark-defaults.conf.template > " FILE, true, NULL},
	{"by sed", "sed \\'s/@IP@/$IP/;s/a/b/\\' /c/x.yaml > " FILE, true, NULL},
	{"put together", "cat /c/a.conf /c/b.conf > " FILE, true, NULL},
	{"copied and edited", "cp $D/spark-defaults.conf " FILE " && sed -i \\'s/@IP@/$IP/\\' " FILE, true, NULL},
	{"copied from where nobody sees", "cp /s/spark-defaults.conf " FILE, true, "Secret 's'"},
	{"only shown", "[ -f " FILE " ] && cat " FILE "; grep -q x " FILE " || echo no " FILE, false, NULL},
	{"in a comment", "# cat > " FILE " <<EOF\\nexec start.sh", false, NULL},
	{"another file", "cat > " FILE ".template <<EOF\\nEOF\\nexec start.sh > spark-defaults.log", false, NULL},
	{"as its mode is changed", "chmod 644 " FILE, false, NULL},
	{"nothing", "exec start.sh --name x", false, NULL},
	{"read for a port", "PORT=$(grep spark.connect.grpc.binding.port /opt/spark/conf/spark-defaults.conf | cut -d= -f2); exec start.sh", false, NULL},
	{"an arrow in quotes", "echo \\'conf -> " FILE "\\'", false, NULL},
	{"waited for", "until [ -f " FILE " ]; do sleep 1; done", false, NULL},
	{"looked up", "awk \\'{print $2}\\' " FILE "; readlink -f " FILE "; trap \\'rm -f /tmp/spark-defaults.conf\\' EXIT", false, NULL},
	{"read by sed, sent by curl", "sed -n s/a/b/p " FILE "; curl -sf -T " FILE " https://x/", false, NULL},
	{"the folder shown", "echo \\'SPARK_CONF_DIR=$SPARK_CONF_DIR\\' SPARK_CONF_DIR=/x", false, NULL},
	{"the folder passed on", "export SPARK_CONF_DIR=$SPARK_CONF_DIR", false, NULL},
	{"the usual folder and a slash", "export SPARK_CONF_DIR=/opt/spark/conf/", false, NULL},
	{"the usual folder of another image", "export SPARK_CONF_DIR=/opt/bitnami/spark/conf", false, NULL},
	{"a folder of no Spark", "export X=y SPARK_CONF_DIR=/etc/hadoop/conf", false, MOVED},
	{"by a variable of a branch", "if true; then CONF=/opt/spark/conf/spark-defaults.conf; fi; printf \\'a b\\' > $CONF", false, MADE},
	{"by a shell of its own", "su -c \\'echo a b >> " FILE "\\' spark", true, MADE},
	{"by a shell of another name", "rbash -c \\'echo a b >> " FILE "\\'", true, MADE},
	{"by a name that is added to", "F=$SPARK_HOME/conf; F+=/spark-defaults.conf; echo a b >> $F", true, MADE},
	{"by a program behind others", "if ! sudo -E timeout 5 python3 x.py " FILE "; then exit 1; fi", false, MADE},
	{"found and copied", "find /img -exec cp {} " FILE " +", false, MADE},
	{"a folder that others fill", "cp /img/* /tmp/c; export SPARK_CONF_DIR=/tmp/c", true, MOVED},
	{"a folder of a name like that", "cp /c2/* /tmp/c; export SPARK_CONF_DIR=/tmp/c", true, MOVED},
	{"a folder filled from what was seen", "export SPARK_CONF_DIR=/tmp/c; D=/c; cp $D/* $SPARK_CONF_DIR", true, NULL},
};

Test(files, that_commands_make_are_not_seen)
{
	static const struct policy_options options = {.path_count = 0};
	struct policy *policy = NULL;
	struct err err = {""};

	json_setup();
	cr_assert_eq(policy_load(&options, &policy, &err), 0, "%s", err.text);
	for (size_t i = 0; i < COUNT(scripts); i++) {
		struct arena a = ARENA_INIT;
		struct lookup found = {.name = "a", .state = LOOKUP_FOUND, .object = json_of(&a, "{" PROPS "}")};
		struct lookups lookups = {.items = {found}, .count = 1};
		const char *text = arena_printf(&a, "{'volumes':[%s{'name':'s','secret':{'secretName':'s'}}],'containers':[%s]}",
						scripts[i].mapped ? CONF "," : "", arena_printf(&a, SCRIPT("%s"), scripts[i].script));
		const struct json *spec = json_of(&a, text), *container = json_at(json_get(spec, "containers"), 0);
		struct pod_files files;
		struct volume_uses uses;
		struct environment env;

		environment_read(&a, container, "/spec/containers/0", &lookups, &env);
		volume_uses_find(&a, spec, &uses);
		files = (struct pod_files){.spec = spec, .container = container, .lookups = &lookups, .uses = &uses};
		pod_files_find(policy, &a, &files);
		struct script_conf script = {.known = {false}};
		const char *unseen = pod_files_unseen(&a, spec, container, &env, &files, (struct slice){NULL, 0}, &script);
		cr_expect_str_eq(unseen ? unseen : "", scripts[i].unseen ? scripts[i].unseen : "", "%s: %s", scripts[i].name, unseen ? unseen : "");
		arena_release(&a);
	}
	policy_unref(policy);
}

/* What is counted behind the texts that are read anyway: by a name of which the folder is not known. */
static const struct {
	const char *name, *volumes, *mounts, *file, *added; /* added: path:key */
} likely[] = {
	{"a key of any kind", CONF, "{'name':'conf','mountPath':'/c'}", "x.yaml", "x.yaml:x.yaml "},
	{"one that is read anyway, last", CONF, "{'name':'conf','mountPath':'/c'}", "my.conf", "my.conf:my.conf "},
	{"what items call so", "{'name':'conf','configMap':{'name':'a','items':[{'key':'my.conf','path':'y'},{'key':'x.yaml','path':'deep/y.conf'}]}}",
	 "{'name':'conf','mountPath':'/c'}", "y.conf", "deep/y.conf:x.yaml "},
	{"what a subPath calls so", CONF, "{'name':'conf','mountPath':'/etc/app.conf','subPath':'x.yaml'}", "app.conf", "app.conf:x.yaml "},
	{"but no folder of that name", CONF, "{'name':'conf','mountPath':'/etc/app.conf'}", "app.conf", ""},
	{"of a projected volume", "{'name':'conf','projected':{'sources':[{'secret':{'name':'s'}}," SOURCE "]}}", "{'name':'conf','mountPath':'/c'}", "x.yaml",
	 "x.yaml:x.yaml "},
	{"not of a volume that nothing mounts", CONF, "{'name':'other','mountPath':'/c'}", "x.yaml", ""},
	{"not of another name", CONF, "{'name':'conf','mountPath':'/c'}", "y.yaml", ""},
	{"no name", CONF, "{'name':'conf','mountPath':'/c'}", "", ""},
};

Test(files, of_any_kind_count_by_their_name)
{
	static const struct policy_options options = {.path_count = 0};
	struct policy *policy = NULL;
	struct err err = {""};

	json_setup();
	cr_assert_eq(policy_load(&options, &policy, &err), 0, "%s", err.text);
	for (size_t i = 0; i < COUNT(likely); i++) {
		struct arena a = ARENA_INIT;
		struct lookup found = {.name = "a", .state = LOOKUP_FOUND, .object = json_of(&a, "{" PROPS "}")};
		struct lookups lookups = {.items = {found}, .count = 1};
		const char *text = arena_printf(&a, "{'volumes':[%s],'containers':[" CONTAINER("%s") "]}", likely[i].volumes, likely[i].mounts);
		const struct json *spec = json_of(&a, text), *container = json_at(json_get(spec, "containers"), 0);
		struct pod_files files;
		struct volume_uses uses;
		struct buf added = buf_in(&a);

		volume_uses_find(&a, spec, &uses);
		files = (struct pod_files){.spec = spec, .container = container, .lookups = &lookups, .uses = &uses};
		pod_files_find(policy, &a, &files);
		size_t before = files.count;
		pod_files_add_named(&a, container, &files, slice_of(likely[i].file));
		for (size_t k = likely[i].added[0] && files.count == before ? before - 1 : before; k < files.count; k++)
			buf_printf(&added, "%s:%s ", files.items[k].path, files.items[k].key);
		cr_expect_str_eq(added.ptr ? added.ptr : "", likely[i].added, "%s", likely[i].name);
		arena_release(&a);
	}
	policy_unref(policy);
}

Test(files, of_which_only_the_name_is_known)
{
	struct pod_file items[] = {{.path = "a/my.conf"}, {.path = "spark-defaults.conf"}, {.path = "my.conf"}};
	struct pod_files files = {.items = items, .count = 3};

	pod_files_keep_named(&files, SLICE_LIT("$DIR/other.conf"));
	cr_expect_eq(files.count, 3);
	pod_files_keep_named(&files, SLICE_LIT("$DIR"));
	cr_expect_eq(files.count, 3);
	pod_files_keep_named(&files, SLICE_LIT("$DIR/my.conf"));
	cr_expect_eq(files.count, 2);
	cr_expect_str_eq(files.items[1].path, "my.conf");
}

/* The later wins: the file of the very name comes last, one whose name begins so before it, the rest stays in its order. */
Test(files, are_in_the_order_in_which_they_win)
{
	static const struct {
		const char *properties_file, *order;
	} orders[] = {
		{NULL, "b.conf a.conf spark-defaults.conf.template spark-defaults.conf "},
		{"/x/a.conf", "spark-defaults.conf b.conf spark-defaults.conf.template a.conf "},
		{"b.conf", "spark-defaults.conf a.conf spark-defaults.conf.template b.conf "},
		{"/x/none", "spark-defaults.conf b.conf a.conf spark-defaults.conf.template "},
		{"/x/", "spark-defaults.conf b.conf a.conf spark-defaults.conf.template "},
	};

	for (size_t i = 0; i < COUNT(orders); i++) {
		struct pod_file items[] = {{.path = "spark-defaults.conf"}, {.path = "b.conf"}, {.path = "deep/a.conf"}, {.path = "spark-defaults.conf.template"}};
		struct pod_files files = {.items = items, .count = COUNT(items)};
		struct arena a = ARENA_INIT;
		struct buf order = buf_in(&a);

		pod_files_order(&files, orders[i].properties_file ? slice_of(orders[i].properties_file) : (struct slice){NULL, 0});
		for (size_t k = 0; k < files.count; k++)
			buf_printf(&order, "%s ", strrchr(files.items[k].path, '/') ? strrchr(files.items[k].path, '/') + 1 : files.items[k].path);
		cr_expect_str_eq(buf_slice(&order).ptr, orders[i].order, "%s: %s", orders[i].properties_file ? orders[i].properties_file : "-",
				 buf_slice(&order).ptr);
		arena_release(&a);
	}
}

Test(files, the_one_that_is_read_stands_last_and_once)
{
	static const struct pod_file here = {.path = "b", .text = {"b=1", 3}}, elsewhere = {.path = "c", .text = {"c=1", 3}};
	struct pod_file items[] = {{.path = "b", .text = here.text}, {.path = "a", .text = {"a=1", 3}}, {.path = "b again", .text = here.text}};
	struct arena a = ARENA_INIT;
	struct pod_files files = {.items = items, .count = COUNT(items), .cap = COUNT(items)};

	pod_files_put_last(&a, &files, &here);
	cr_expect_eq(files.count, 2);
	cr_expect_str_eq(files.items[1].path, "b");
	pod_files_put_last(&a, &files, &elsewhere);
	pod_files_put_last(&a, &files, &elsewhere);
	cr_expect_eq(files.count, 3);
	cr_expect_str_eq(files.items[0].path, "a");
	cr_expect_str_eq(files.items[2].path, "c");
	arena_release(&a);
}

Test(files, paths_are_resolved_by_their_words)
{
	static const struct {
		const char *from, *path, *resolved;
	} paths[] = {
		{NULL, "/a/b", "/a/b"},       {"/w", "/a/b", "/a/b"},     {NULL, "/a/../b", "/b"},      {NULL, "/a/./b/../../c", "/c"},
		{NULL, "/../a", "/a"},        {NULL, "a/b", "a/b"},       {"w", "a/b", "a/b"},          {"/", "a/b", "/a/b"},
		{"/w/x/", "../a", "/w/a"},    {"/w", "../../..", ""},     {"/w/../x", "a", "/x/a"},
	};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct slice from = paths[i].from ? slice_of(paths[i].from) : (struct slice){NULL, 0};
		struct slice resolved = path_resolve(&a, from, slice_of(paths[i].path));
		cr_expect(slice_is(resolved, paths[i].resolved), "%s: %.*s", paths[i].path, SLICE_ARG(resolved));
	}
	arena_release(&a);
}
