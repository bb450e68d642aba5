#include "base/clock.h"
#include "base/log_writer.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* A log with a writer on a pipe, and the end from which it is read. */
struct piped {
	struct log log;
	int from;
};

static struct piped open_piped(void)
{
	struct piped p = {.log = {-1, LOG_JSON, LOG_INFO, NULL}};
	struct err err;
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe(fds), 0);
	p.from = fds[0];
	p.log.fd = fds[1];
	cr_assert_eq(log_writer_start(&p.log, &err), 0);
	return p;
}

static void log_number(const struct log *log, int64_t thread, int64_t number)
{
	struct log_line line;

	log_open(&line, log, LOG_INFO, "m");
	log_int(&line, "thread", thread);
	log_int(&line, "n", number);
	log_close(&line);
}

/* Everything until the writing end is closed. */
static char *read_to_end(int fd)
{
	size_t len = 0, cap = 1 << 16;
	char *text = malloc(cap);
	ssize_t n;

	while ((n = read(fd, text + len, cap - len - 1)) > 0) {
		len += (size_t)n;
		if (cap - len < 1 << 15)
			text = realloc(text, cap *= 2);
	}
	text[len] = '\0';
	return text;
}

static void *read_all(void *context)
{
	return read_to_end(*(int *)context);
}

#define THREADS 4
#define EACH 3000

struct talker {
	const struct log *log;
	int number;
};

static void *talk(void *context)
{
	const struct talker *talker = context;

	for (int n = 0; n < EACH; n++)
		log_number(talker->log, talker->number, n);
	return NULL;
}

/* Of each thread all lines, whole, and in their order; more than are kept at once, since somebody reads. */
Test(log_writer, writes_what_many_threads_log)
{
	struct piped p = open_piped();
	struct talker talkers[THREADS];
	pthread_t threads[THREADS], reader;
	int next[THREADS] = {0};
	void *text;

	pthread_create(&reader, NULL, read_all, &p.from);
	for (int i = 0; i < THREADS; i++) {
		talkers[i] = (struct talker){&p.log, i};
		pthread_create(&threads[i], NULL, talk, &talkers[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	cr_expect_eq(log_writer_lost(&p.log), 0);
	log_writer_free(&p.log);
	close(p.log.fd);
	pthread_join(reader, &text);
	char *rest = text;
	for (char *line; (line = strsep(&rest, "\n")) && *line;) {
		int thread, n;
		cr_assert_eq(sscanf(strstr(line, "\"thread\""), "\"thread\":%d,\"n\":%d}", &thread, &n), 2, "%s", line);
		cr_assert_eq(n, next[thread]++, "%s", line);
	}
	for (int i = 0; i < THREADS; i++)
		cr_expect_eq(next[i], EACH);
	free(text);
	close(p.from);
}

/* Nobody reads: who logs goes on, and what finds no room is counted. Somebody reads again: what waited comes, and then how
 * many did not. */
Test(log_writer, nobody_waits_for_a_reader)
{
	struct piped p = open_piped();
	pthread_t reader;
	uint64_t logged = 0;
	void *text;

	while (log_writer_lost(&p.log) < 10 && logged < 1000000)
		log_number(&p.log, 0, (int64_t)logged++);
	cr_assert_geq(log_writer_lost(&p.log), 10);
	cr_assert_gt(logged, LOG_WRITER_BYTES / 100);

	uint64_t lost = log_writer_lost(&p.log);
	pthread_create(&reader, NULL, read_all, &p.from);
	log_writer_free(&p.log);
	close(p.log.fd);
	pthread_join(reader, &text);
	char told[96];
	snprintf(told, sizeof(told), "\"msg\":\"log lines were lost\",\"lines\":%llu,\"detail\":\"standard output", (unsigned long long)lost);
	cr_expect(strstr(text, told), "%s is not at the end of ...%s", told, (char *)text + strlen(text) - 200);
	uint64_t lines = 0;
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	cr_expect_eq(lines, logged - lost + 1);
	free(text);
	close(p.from);
}

/* Nobody reads, ever: stopping takes its time and no longer, and counts what it could not write. */
Test(log_writer, stops_without_a_reader)
{
	struct piped p = open_piped();

	for (int i = 0; i < 3000; i++)
		log_number(&p.log, 0, i);
	log_writer_stop(&p.log);
	cr_expect_gt(log_writer_lost(&p.log), 0);
	log_number(&p.log, 0, 1); /* too late, and no harm */
	close(p.log.fd);
	char *text = read_to_end(p.from);
	cr_expect(text[0] && text[strlen(text) - 1] == '\n', "lines are whole");
	log_writer_free(&p.log);
	free(text);
	close(p.from);
}

/* A terminal takes a while to be full, and then write(2) waits though poll(2) saw room. */
Test(log_writer, stops_at_a_terminal_that_nobody_reads)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct err err;

	cr_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	struct log log = {open(ptsname(master), O_RDWR | O_NOCTTY), LOG_JSON, LOG_INFO, NULL};
	cr_assert_eq(log_writer_start(&log, &err), 0);
	for (int i = 0; i < 3000; i++)
		log_number(&log, 0, i);
	log_writer_free(&log);
	cr_expect_null(log.writer);
}

/* A reader that never ends and never keeps up. */
static void *read_slowly(void *context)
{
	char piece[4096];

	while (read(*(int *)context, piece, sizeof(piece)) > 0)
		usleep(50 * 1000);
	return NULL;
}

Test(log_writer, stops_in_time_for_a_slow_reader)
{
	struct piped p = open_piped();
	pthread_t reader;

	pthread_create(&reader, NULL, read_slowly, &p.from);
	while (log_writer_lost(&p.log) == 0)
		log_number(&p.log, 0, 1);
	int64_t begun = clock_mono_ns();
	log_writer_free(&p.log);
	cr_expect_lt(clock_mono_ns() - begun, 10 * CLOCK_SECOND, "2 MiB take this reader 26 s");
	close(p.log.fd);
	pthread_join(reader, NULL);
	close(p.from);
}

Test(log_writer, counts_what_cannot_be_written)
{
	struct log log = {open("/dev/full", O_WRONLY), LOG_JSON, LOG_INFO, NULL};
	struct err err;

	cr_assert_eq(log_writer_start(&log, &err), 0);
	for (int i = 0; i < 100; i++)
		log_number(&log, 0, i);
	log_writer_stop(&log);
	cr_expect_eq(log_writer_lost(&log), 100);
	log_writer_free(&log);
	close(log.fd);
}

/* A disk that is full takes half a line: only what it did not take is lost, and later lines begin on their own. */
Test(log_writer, goes_on_behind_half_a_line)
{
	FILE *file = tmpfile();
	struct log log = {fileno(file), LOG_JSON, LOG_INFO, NULL};
	struct rlimit was, limit;
	struct err err;
	char line[256];
	uint64_t whole = 0, lines = 0;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	limit = (struct rlimit){1000, was.rlim_max};
	setrlimit(RLIMIT_FSIZE, &limit);
	cr_assert_eq(log_writer_start(&log, &err), 0);
	for (int i = 0; i < 30; i++)
		log_number(&log, 0, i);
	while (log_writer_lost(&log) == 0)
		usleep(1000);
	setrlimit(RLIMIT_FSIZE, &was);
	uint64_t lost = log_writer_lost(&log);
	log_number(&log, 0, 30);
	log_writer_free(&log);

	rewind(file);
	for (; fgets(line, sizeof(line), file); lines++)
		whole += line[0] == '{' && strstr(line, "}\n") && !strstr(line + 1, "{\"ts\"");
	cr_expect_eq(whole, 31 - lost + 1, "all but those that were lost, and what tells of them: %llu, %llu lost",
		     (unsigned long long)whole, (unsigned long long)lost);
	cr_expect_eq(lines, whole + 1, "and half a line");
	fclose(file);
}

Test(log_writer, a_log_without_one)
{
	struct log log = {-1, LOG_JSON, LOG_INFO, NULL};

	cr_expect_eq(log_writer_lost(&log), 0);
	log_writer_free(&log);
}
