#include "base/log_writer.h"

#include "base/clock.h"
#include "base/thread.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long one look at a pipe that is full lasts. */
#define LOOK_MS 100

struct log_writer {
	struct log own; /* written at once, by the writer itself */
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	bool asleep, ending;
	bool ended; /* the thread uses nothing of this any more */
	int64_t end; /* monotonic: when to give up, once it is ending */
	char *waiting;
	size_t len;
	uint64_t lost;
	/* The thread's alone: */
	char *written;
	bool torn; /* the last line was written in part */
	uint64_t told; /* of lost */
};

static void lose(struct log_writer *w, uint64_t lines)
{
	pthread_mutex_lock(&w->lock);
	w->lost += lines;
	pthread_mutex_unlock(&w->lock);
}

static uint64_t lines_in(struct slice text)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	return n;
}

void log_writer_add(struct log_writer *w, struct slice line)
{
	pthread_mutex_lock(&w->lock);
	bool fits = !w->ending && line.len <= LOG_WRITER_BYTES - w->len, wake = fits && w->asleep;
	if (fits) {
		memcpy(w->waiting + w->len, line.ptr, line.len);
		w->len += line.len;
		w->asleep = false;
	} else {
		w->lost++;
	}
	pthread_mutex_unlock(&w->lock);
	if (wake)
		pthread_cond_signal(&w->wake);
}

/* ---- the thread ---- */

/* Wait for a line, and a moment more for those that follow it. */
static void await_lines(struct log_writer *w)
{
	while (w->len == 0 && !w->ending) {
		w->asleep = true;
		pthread_cond_wait(&w->wake, &w->lock);
	}
	if (w->ending)
		return;
	pthread_mutex_unlock(&w->lock);
	usleep(LOG_WRITER_LINGER_MS * 1000);
	pthread_mutex_lock(&w->lock);
}

/* All that waits. Nothing: it is over. */
static struct slice take_lines(struct log_writer *w)
{
	pthread_mutex_lock(&w->lock);
	await_lines(w);
	char *taken = w->waiting;
	struct slice lines = {taken, w->len};
	w->waiting = w->written;
	w->written = taken;
	w->len = 0;
	pthread_mutex_unlock(&w->lock);
	return lines;
}

static bool is_over(struct log_writer *w)
{
	pthread_mutex_lock(&w->lock);
	bool over = w->ending && clock_mono_ns() > w->end;
	pthread_mutex_unlock(&w->lock);
	return over;
}

/* A pipe that says so has room for PIPE_BUF bytes, so that writing them does not wait (pipe(7)). */
static bool has_room(struct log_writer *w)
{
	struct pollfd out = {w->own.fd, POLLOUT, 0};

	while (poll(&out, 1, LOOK_MS) <= 0)
		if (is_over(w))
			return false;
	return true;
}

/* What could not be written. */
static struct slice write_most(struct log_writer *w, struct slice text)
{
	while (text.len > 0 && !is_over(w) && has_room(w)) {
		ssize_t n = write(w->own.fd, text.ptr, text.len);
		if (n > 0)
			text = slice_from(text, (size_t)n);
		else if (errno != EINTR && errno != EAGAIN)
			break;
	}
	return text;
}

/* As many whole lines as PIPE_BUF holds: one at least. */
static struct slice first_lines(struct slice lines)
{
	if (lines.len <= PIPE_BUF)
		return lines;
	const char *end = memrchr(lines.ptr, '\n', PIPE_BUF);
	return (struct slice){lines.ptr, (size_t)(end - lines.ptr) + 1};
}

/* A disk that was full may have taken half a line: the next one begins anew. */
static bool end_torn(struct log_writer *w)
{
	w->torn = w->torn && write_most(w, SLICE_LIT("\n")).len > 0;
	return !w->torn;
}

static bool write_lines(struct log_writer *w, struct slice lines)
{
	while (lines.len > 0 && end_torn(w)) {
		struct slice some = first_lines(lines), left = write_most(w, some);
		lines = slice_from(lines, some.len - left.len);
		if (left.len == 0)
			continue;
		w->torn = left.len < some.len && left.ptr[-1] != '\n';
		break;
	}
	if (lines.len > 0)
		lose(w, lines_in(lines));
	return lines.len == 0;
}

/* Once there is room again. */
static void tell_lost(struct log_writer *w)
{
	struct log_line line;

	pthread_mutex_lock(&w->lock);
	uint64_t lost = w->lost;
	pthread_mutex_unlock(&w->lock);
	if (lost == w->told || !has_room(w))
		return;
	log_open(&line, &w->own, LOG_WARN, "log lines were lost");
	log_int(&line, "lines", (int64_t)(lost - w->told));
	log_text(&line, "detail", "standard output was not read in time or took no more: look at the container's runtime and its disk");
	log_close(&line);
	w->told = lost;
}

static void *run(void *context)
{
	struct log_writer *w = context;

	for (struct slice lines; (lines = take_lines(w)).len > 0 && !is_over(w);)
		if (write_lines(w, lines))
			tell_lost(w);
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- start and stop ---- */

static void free_writer(struct log_writer *w)
{
	if (!w)
		return;
	free(w->waiting);
	free(w->written);
	free(w);
}

static struct log_writer *make_writer(const struct log *log)
{
	struct log_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->own = *log;
	w->waiting = malloc(LOG_WRITER_BYTES);
	w->written = malloc(LOG_WRITER_BYTES);
	if (w->waiting && w->written)
		return w;
	free_writer(w);
	return NULL;
}

int log_writer_start(struct log *log, struct err *err)
{
	struct log_writer *w = make_writer(log);

	if (!w)
		return err_set(err, "out of memory");
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	if (thread_start(&w->thread, run, w, err) < 0) {
		free_writer(w);
		return err_wrap(err, "writing the log");
	}
	log->writer = w;
	return 0;
}

static bool has_ended(struct log_writer *w)
{
	pthread_mutex_lock(&w->lock);
	bool ended = w->ended;
	pthread_mutex_unlock(&w->lock);
	return ended;
}

void log_writer_stop(struct log *log)
{
	struct log_writer *w = log->writer;

	if (!w || w->ending)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	w->end = clock_mono_ns() + LOG_WRITER_STOP_MS * CLOCK_MS;
	pthread_mutex_unlock(&w->lock);
	pthread_cond_signal(&w->wake);
	/* A write(2) to a terminal or a disk may wait for ever, whatever poll(2) said. */
	for (int64_t until = w->end + LOG_WRITER_STOP_MS * CLOCK_MS; !has_ended(w) && clock_mono_ns() < until;)
		usleep(1000);
	if (has_ended(w))
		pthread_join(w->thread, NULL);
}

void log_writer_free(struct log *log)
{
	struct log_writer *w = log->writer;

	if (!w)
		return;
	log_writer_stop(log);
	log->writer = NULL;
	if (!has_ended(w))
		return; /* the thread keeps all of it */
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free_writer(w);
}

uint64_t log_writer_lost(const struct log *log)
{
	struct log_writer *w = log->writer;

	if (!w)
		return 0;
	pthread_mutex_lock(&w->lock);
	uint64_t lost = w->lost;
	pthread_mutex_unlock(&w->lock);
	return lost;
}
