/* What a request shows of us: tokens of files and of credential plugins. */
#include "base/clock.h"
#include "base/json.h"
#include "kube/credentials.h"
#include "kube/exec.h"
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- tokens ---- */

static const struct {
	const char *token;
	bool taken;
} tokens[] = {{"abc.def-_=", true}, {"abc\n", true}, {"", false}, {"\n", false}, {"a\nX-Remote-User: root", false}, {"a b", false}, {"a\r\n\r\nGET", false}};

Test(credentials, a_token_cannot_forge_a_header)
{
	for (size_t i = 0; i < COUNT(tokens); i++) {
		struct kube_config config = {.server = "https://a", .token = secret_of(slice_of(tokens[i].token))};
		struct kube_credentials *c = kube_credentials_new(&config);
		enum kube_freshness freshness;
		struct err err = {""};
		int rc = kube_credentials_refresh(c, false, &freshness, &err);
		cr_expect_eq(rc, tokens[i].taken ? 0 : -1, "%s: %s", tokens[i].token, err.text);
		if (rc == 0)
			cr_expect_null(strpbrk(secret_reveal(kube_credentials_shown(c)->token).ptr, "\r\n "));
		kube_credentials_free(c);
	}
}

/* ---- credential plugins ---- */

#define CREDENTIAL(status) "{'kind':'ExecCredential','apiVersion':'client.authentication.k8s.io/v1','status':{" status "}}"

static const struct {
	const char *text;
	int64_t expires; /* -1 = refused */
} credentials[] = {
	{CREDENTIAL("'token':'t'"), 0},
	{CREDENTIAL("'token':'t','expirationTimestamp':'2001-09-09T01:46:40Z'"), 1000000000},
	{CREDENTIAL("'token':'t','expirationTimestamp':'2001-09-09T01:46:40.123Z'"), 1000000000},
	{CREDENTIAL("'token':'t','expirationTimestamp':'tomorrow'"), -1},
	{CREDENTIAL("'clientCertificateData':'c','clientKeyData':'k'"), 0},
	{CREDENTIAL("'clientCertificateData':'c'"), -1},
	{CREDENTIAL(""), -1},
	{"{'kind':'ExecCredential','apiVersion':'client.authentication.k8s.io/v1beta1','status':{'token':'t'}}", -1},
	{"{}", -1},
	{"no JSON", -1},
};

Test(credentials, reads_what_a_plugin_says)
{
	json_setup();
	for (size_t i = 0; i < COUNT(credentials); i++) {
		struct arena arena = ARENA_INIT;
		struct exec_credential got = {.expires = -1};
		struct err err = {""};
		int rc = exec_credential_parse(&arena, quoted(&arena, credentials[i].text),
					       "client.authentication.k8s.io/v1", &got, &err);
		cr_expect_eq(rc, credentials[i].expires < 0 ? -1 : 0, "%s: %s", credentials[i].text, err.text);
		cr_expect_eq(got.expires, credentials[i].expires, "%s", credentials[i].text);
		arena_release(&arena);
	}
}

static int run_config(struct arena *a, struct kube_config config, const char *script, struct exec_credential *ret, struct err *err)
{
	const char *args[] = {"-c", script};
	struct kube_variable variable = {"KUBERNETES_EXEC_INFO_TEST", "from-config"};
	struct kube_exec exec = {.command = "sh", .args = args, .arg_count = 2, .variables = &variable,
				 .variable_count = 1, .api_version = "client.authentication.k8s.io/v1", .cluster_info = true};

	config.server = "https://a";
	config.exec = &exec;
	json_setup();
	return exec_credential_get(a, &config, ret, err);
}

static int run_shell(struct arena *a, const char *script, struct exec_credential *ret, struct err *err)
{
	return run_config(a, (struct kube_config){.server = NULL}, script, ret, err);
}

/* With the CA where the kubeconfig has it as a file, too. */
Test(credentials, a_plugin_is_told_the_ca)
{
	static const char answer[] = "case $KUBERNETES_EXEC_INFO in *'\"certificate-authority-data\":\"UEVN\"'*) ;; *) exit 9 ;; esac; "
				     "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
				     "\"status\":{\"token\":\"t\"}}'";
	struct arena arena = ARENA_INIT;
	struct exec_credential got;
	struct err err = {""};
	char path[] = "/tmp/sparkgate-ca-XXXXXX";
	int fd = mkstemp(path);

	cr_assert(fd >= 0 && write(fd, "PEM", 3) == 3);
	close(fd);
	cr_expect_eq(run_config(&arena, (struct kube_config){.ca = SLICE_LIT("PEM")}, answer, &got, &err), 0, "%s", err.text);
	cr_expect_eq(run_config(&arena, (struct kube_config){.ca_file = path}, answer, &got, &err), 0, "%s", err.text);
	unlink(path);
	cr_expect_eq(run_config(&arena, (struct kube_config){.ca_file = path}, answer, &got, &err), -1);
	cr_expect(strstr(err.text, path), "%s", err.text);
	arena_release(&arena);
}

Test(credentials, runs_a_plugin)
{
	struct arena arena = ARENA_INIT;
	struct exec_credential got;
	struct err err = {""};

	cr_assert_eq(run_shell(&arena, "case $KUBERNETES_EXEC_INFO in *'\"interactive\":false'*) ;; *) exit 9 ;; esac; "
				       "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
				       "\"status\":{\"token\":\"'$KUBERNETES_EXEC_INFO_TEST'\"}}'", &got, &err), 0, "%s", err.text);
	cr_expect_str_eq(secret_reveal(got.token).ptr, "from-config");
	cr_expect_eq(run_shell(&arena, "exit 3", &got, &err), -1);
	cr_expect(strstr(err.text, "ended with 3"), "%s", err.text);
	cr_expect_eq(run_shell(&arena, "yes", &got, &err), -1);
	cr_expect(strstr(err.text, "says more than"), "%s", err.text);
	arena_release(&arena);
}

/* A zombie is over; who reaps it is not ours to say. */
static bool is_over(pid_t pid)
{
	char path[64], text[128] = "";
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "re");
	bool read = file && fgets(text, sizeof(text), file);
	const char *state = read ? strrchr(text, ')') : NULL;

	if (file)
		fclose(file);
	return !state || state[2] == 'Z';
}

static bool ends_soon(pid_t pid)
{
	const struct timespec pause = {0, 10 * CLOCK_MS};

	for (unsigned n = 0; n < 300 && !is_over(pid); n++)
		nanosleep(&pause, NULL);
	return is_over(pid);
}

/* $LEFT is the file for the number of the process that is left behind. */
static const struct {
	const char *script, *words;
} leaving[] = {
	{"sleep 777 >/dev/null & echo $! >$LEFT; exit 3", "ended with 3"},
	{"(trap '' PIPE; head -c 3000000 /dev/zero 2>/dev/null; exec sleep 777) & echo $! >$LEFT; exit 0", "says more than"},
};

Test(credentials, a_plugin_that_fails_leaves_no_process_behind)
{
	for (size_t i = 0; i < COUNT(leaving); i++) {
		char path[] = "/tmp/sparkgate-plugin-XXXXXX", number[32] = "";
		struct arena arena = ARENA_INIT;
		struct exec_credential got;
		struct err err = {""};
		int fd = mkstemp(path);

		cr_assert(fd >= 0 && setenv("LEFT", path, 1) == 0);
		cr_expect_eq(run_shell(&arena, leaving[i].script, &got, &err), -1);
		cr_expect(strstr(err.text, leaving[i].words), "%s", err.text);
		cr_assert(read(fd, number, sizeof(number) - 1) > 0);
		cr_expect(ends_soon((pid_t)strtol(number, NULL, 10)), "%s: %s", leaving[i].script, number);
		close(fd);
		unlink(path);
		arena_release(&arena);
	}
}

static void on_signal(int number)
{
	(void)number;
}

struct asking {
	pid_t thread;
	int rc;
	struct err err;
};

static void *ask_silent_plugin(void *closure)
{
	struct asking *asking = closure;
	struct arena arena = ARENA_INIT;
	struct exec_credential got;

	__atomic_store_n(&asking->thread, gettid(), __ATOMIC_SEQ_CST);
	asking->rc = run_shell(&arena, "sleep 0.6; exit 3", &got, &asking->err);
	arena_release(&arena);
	return NULL;
}

/* The number of the system call that a thread of ours is in; -1 where the kernel does not tell. */
static long call_of(pid_t thread)
{
	char path[64], text[32] = "";
	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", (int)thread);
	FILE *file = fopen(path, "re");
	long call = file && fgets(text, sizeof(text), file) ? strtol(text, NULL, 10) : -1;

	if (file)
		fclose(file);
	return call;
}

/* A command's handlers are without SA_RESTART: behind one, a plugin that says nothing is still waited for with a bound. */
Test(credentials, a_signal_is_no_word_of_a_plugin)
{
	struct sigaction action = {.sa_handler = on_signal};
	const struct timespec pause = {0, 200 * CLOCK_MS};
	struct asking asking = {.thread = 0};
	pthread_t thread;

	sigaction(SIGUSR1, &action, NULL);
	cr_assert_eq(pthread_create(&thread, NULL, ask_silent_plugin, &asking), 0);
	nanosleep(&pause, NULL);
	pthread_kill(thread, SIGUSR1);
	nanosleep(&pause, NULL);
	cr_expect_neq(call_of(__atomic_load_n(&asking.thread, __ATOMIC_SEQ_CST)), SYS_read, "it waits with poll()");
	pthread_join(thread, NULL);
	cr_expect(asking.rc == -1 && strstr(asking.err.text, "ended with 3"), "%s", asking.err.text);
}

/* Both, of one that is run a first time. */
static struct kube_credentials *credentials_of_shell(struct kube_config *config, struct kube_exec *exec, const char **args, const char *script)
{
	args[0] = "-c";
	args[1] = script;
	*exec = (struct kube_exec){.command = "sh", .args = args, .arg_count = 2, .api_version = "client.authentication.k8s.io/v1"};
	*config = (struct kube_config){.server = "https://a", .exec = exec};
	json_setup();
	return kube_credentials_new(config);
}

#define SAYS(status) "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{" status "}}'"

static const struct {
	const char *script, *words; /* words: of the error; NULL: the token is 't' */
	bool refused;
} plugins[] = {
	{SAYS("\"token\":\"t\""), NULL, false},
	{SAYS("\"token\":\"t\""), NULL, true}, /* it has no other yet: the API server's 401 is what is told */
	{SAYS("\"token\":\"t\",\"expirationTimestamp\":\"2001-09-09T01:46:40Z\""), "credential plugin 'sh': its credential has expired", false},
	{SAYS("\"token\":\"t\",\"expirationTimestamp\":\"2001-09-09T01:46:40Z\""), "credential plugin 'sh': its credential has expired", true},
	{"exit 3", "credential plugin 'sh': ended with 3", false},
};

Test(credentials, a_plugin_that_brings_nothing_is_told_each_time)
{
	for (size_t i = 0; i < COUNT(plugins); i++) {
		struct kube_config config;
		struct kube_exec exec;
		const char *args[2];
		struct kube_credentials *c = credentials_of_shell(&config, &exec, args, plugins[i].script);
		enum kube_freshness freshness;
		for (unsigned n = 0; n < 2; n++) {
			struct err err = {""};
			int rc = kube_credentials_refresh(c, true, &freshness, &err);
			cr_expect_eq(rc, plugins[i].words ? -1 : 0, "%zu: %s", i, err.text);
			cr_expect_str_eq(err.text, plugins[i].words ? plugins[i].words : "");
			if (rc == 0)
				cr_expect_str_eq(secret_reveal(kube_credentials_shown(c)->token).ptr, "t");
			if (plugins[i].refused)
				kube_credentials_refused(c);
		}
		kube_credentials_free(c);
	}
}
