#include "kube/exec.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_write.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* ---- what the plugin is told ---- */

/* A CA in a file is data to the plugin, too (client-go, LoadExecCredential). */
static int write_cluster(struct json_writer *w, struct arena *a, const struct kube_config *config, struct err *err)
{
	struct slice ca = config->ca;
	struct buf encoded = buf_in(a);

	if (config->ca_file && file_read(a, config->ca_file, KUBE_PEM_MAX, &ca, err) < 0)
		return -1;
	base64_encode(&encoded, ca);
	json_write_key(w, SLICE_LIT("cluster"));
	json_write_open(w, '{');
	json_write_member(w, "server", config->server);
	if (ca.len > 0)
		json_write_member(w, "certificate-authority-data", buf_slice(&encoded).ptr);
	json_write_close(w, '}');
	return 0;
}

static int exec_info(struct arena *a, const struct kube_config *config, const char **ret, struct err *err)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '{');
	json_write_member(&w, "kind", "ExecCredential");
	json_write_member(&w, "apiVersion", config->exec->api_version);
	json_write_key(&w, SLICE_LIT("spec"));
	json_write_open(&w, '{');
	json_write_key(&w, SLICE_LIT("interactive"));
	json_write_bool(&w, false);
	if (config->exec->cluster_info && write_cluster(&w, a, config, err) < 0)
		return -1;
	json_write_close(&w, '}');
	json_write_close(&w, '}');
	*ret = buf_slice(&out).ptr;
	return 0;
}

/* Is variable one for which the plugin gets a value of its own? */
static bool is_replaced(const struct kube_exec *exec, const char *variable)
{
	size_t name = strcspn(variable, "=");

	for (size_t i = 0; i < exec->variable_count; i++)
		if (strlen(exec->variables[i].name) == name && strncmp(exec->variables[i].name, variable, name) == 0)
			return true;
	return strncmp(variable, "KUBERNETES_EXEC_INFO=", 21) == 0;
}

static char **environment(struct arena *a, const struct kube_config *config, const char *info)
{
	const struct kube_exec *exec = config->exec;
	size_t count = 0, own = 0;

	while (environ[own])
		own++;
	char **env = ARENA_ARRAY(a, own + exec->variable_count + 2, char *);
	for (size_t i = 0; i < own; i++)
		if (!is_replaced(exec, environ[i]))
			env[count++] = environ[i];
	for (size_t i = 0; i < exec->variable_count; i++)
		env[count++] = arena_printf(a, "%s=%s", exec->variables[i].name, exec->variables[i].value);
	env[count] = arena_printf(a, "KUBERNETES_EXEC_INFO=%s", info);
	return env;
}

/* ---- running it ---- */

static char **arguments(struct arena *a, const struct kube_exec *exec)
{
	char **argv = ARENA_ARRAY(a, exec->arg_count + 2, char *);

	argv[0] = arena_dup(a, slice_of(exec->command));
	for (size_t i = 0; i < exec->arg_count; i++)
		argv[i + 1] = arena_dup(a, slice_of(exec->args[i]));
	return argv;
}

/* Start it with its output in out. Signals as a program expects them: serve blocks some and ignores SIGPIPE. */
static int start(struct arena *a, const struct kube_config *config, const char *info, int out, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, standard;

	sigemptyset(&none);
	sigemptyset(&standard);
	sigaddset(&standard, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1); /* libcurl's sockets pass exec(2) */
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &standard);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes,
				 POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	int failed = posix_spawnp(ret, config->exec->command, &files, &attributes, arguments(a, config->exec),
				  environment(a, config, info));
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return failed;
}

/* Read all that comes before the deadline. */
static int collect(int from, int64_t deadline, struct buf *out, struct err *err)
{
	char piece[4096];

	for (;;) {
		int64_t left = deadline - clock_mono_ns();
		struct pollfd pollfd = {from, POLLIN, 0};
		if (left <= 0)
			return out->len == 0 ? err_set(err, "said nothing within %d s", EXEC_SECONDS)
					     : err_set(err, "did not close its output within %d s: does it leave a process behind?", EXEC_SECONDS);
		int ready = poll(&pollfd, 1, (int)(left / CLOCK_MS) + 1);
		if (ready < 0 && errno != EINTR)
			return err_set(err, "cannot be waited for: %s", strerrordesc_np(errno));
		if (ready <= 0)
			continue; /* a read() would wait for ever */
		ssize_t n = read(from, piece, sizeof(piece));
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_set(err, "cannot be read: %s", strerrordesc_np(errno));
		if (n > 0)
			buf_add(out, (struct slice){piece, (size_t)n});
		if (out->len > EXEC_OUTPUT_MAX)
			return err_set(err, "says more than %u bytes", EXEC_OUTPUT_MAX);
	}
}

/* It has closed its output, so it is about to end; it gets what is left of its time for that. It is only looked at: once it were
 * reaped, its group's number might be another's. */
static int await(pid_t pid, int64_t deadline, struct err *err)
{
	const struct timespec pause = {0, 5 * CLOCK_MS};
	siginfo_t end = {.si_pid = 0};

	for (;;) {
		if (waitid(P_PID, (id_t)pid, &end, WEXITED | WNOHANG | WNOWAIT) < 0 && errno != EINTR)
			return err_set(err, "cannot be waited for: %s", strerrordesc_np(errno));
		if (end.si_pid == pid)
			break;
		if (clock_mono_ns() > deadline)
			return err_set(err, "does not end");
		nanosleep(&pause, NULL);
	}
	if (end.si_code == CLD_EXITED && end.si_status == 0)
		return 0;
	return end.si_code == CLD_EXITED ? err_set(err, "ended with %d", end.si_status)
					 : err_set(err, "was ended by signal %d", end.si_status);
}

/* Of one that failed nothing stays, even where it has ended itself and left others behind. */
static void reap(pid_t pid, bool failed)
{
	if (failed)
		kill(-pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

static int run(struct arena *a, const struct kube_config *config, struct buf *out, struct err *err)
{
	int64_t deadline = clock_mono_ns() + EXEC_SECONDS * CLOCK_SECOND;
	const char *info;
	int ends[2];
	pid_t pid;

	if (exec_info(a, config, &info, err) < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(err, "no pipe: %s", strerrordesc_np(errno));
	int failed = start(a, config, info, ends[1], &pid);
	close(ends[1]);
	if (failed) {
		close(ends[0]);
		return err_set(err, "cannot be started: %s", strerrordesc_np(failed));
	}
	int rc = collect(ends[0], deadline, out, err);
	close(ends[0]);
	if (rc == 0)
		rc = await(pid, deadline, err);
	reap(pid, rc < 0);
	return rc;
}

/* ---- what it says ---- */

int exec_credential_parse(struct arena *a, struct slice text, const char *api_version, struct exec_credential *ret,
			  struct err *err)
{
	struct exec_credential got = {.expires = 0};
	const struct json *root;

	if (json_parse(a, text, &root, err) < 0)
		return -1;
	if (strcmp(json_text(json_get(root, "kind"), ""), "ExecCredential") != 0 ||
	    strcmp(json_text(json_get(root, "apiVersion"), ""), api_version) != 0)
		return err_set(err, "expected an ExecCredential of %s", api_version);
	const struct json *status = json_get(root, "status");
	struct slice cert = json_slice(json_get(status, "clientCertificateData"));
	struct slice key = json_slice(json_get(status, "clientKeyData"));
	struct slice token = json_slice(json_get(status, "token"));
	struct slice expires = json_slice(json_get(status, "expirationTimestamp"));
	if ((cert.len > 0) != (key.len > 0))
		return err_set(err, "clientCertificateData and clientKeyData go together");
	if (cert.len == 0 && token.len == 0)
		return err_set(err, "holds neither a token nor a certificate");
	if (expires.ptr && clock_parse_time(expires, &got.expires) < 0)
		return err_set(err, "expirationTimestamp: expected 2026-01-31T23:59:59Z or +01:00");
	if (token.len > 0)
		got.token = secret_of(arena_copy(a, token));
	got.cert = arena_copy(a, cert.ptr ? cert : SLICE_LIT(""));
	if (key.len > 0)
		got.key = secret_of(arena_copy(a, key));
	*ret = got;
	return 0;
}

int exec_credential_get(struct arena *a, const struct kube_config *config, struct exec_credential *ret, struct err *err)
{
	struct buf out = buf_in(a);

	if (run(a, config, &out, err) < 0 ||
	    exec_credential_parse(a, buf_slice(&out), config->exec->api_version, ret, err) < 0)
		return err_wrap(err, "credential plugin '%s'", config->exec->command);
	return 0;
}
