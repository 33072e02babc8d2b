#include "check/player.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum { CHECK_TIMEOUT_MS = 10000, STOP_TIMEOUT_MS = 2000, ERROR_MAX = 300 };

struct voice { /* one query on its connection */
	const char *sql;
	double interval_ms;
	PGconn *connection; /* NULL: it was lost */
	double due_ms;      /* of the next call, or of the one in flight; since `started` */
	bool in_flight, failed;
	char *error;
	struct workload_samples samples;
};

struct player {
	struct voice *voices;
	size_t count;
	double started; /* clock_monotonic_ms() that times count from */
	int stop_fd;
	pthread_t thread;
	bool playing;
	double stopped_ms; /* when it was told to stop; 0: it was not */
};

static double now(const struct player *player)
{
	return clock_monotonic_ms() - player->started;
}

static void remember_error(struct voice *voice, const char *message)
{
	voice->failed = true;
	if (!voice->error)
		voice->error = text_cut(message, strlen(message), ERROR_MAX);
}

/* The answer came: for the call, and for those that came due behind it. */
static void finish_call(struct voice *voice, double at_ms)
{
	voice->in_flight = false;
	do {
		workload_samples_add(&voice->samples, (struct workload_sample){voice->due_ms, at_ms, voice->failed});
		voice->due_ms += voice->interval_ms;
	} while (voice->due_ms < at_ms);
	voice->failed = false;
}

static void lose(struct voice *voice, double at_ms)
{
	remember_error(voice, PQerrorMessage(voice->connection));
	if (voice->in_flight)
		finish_call(voice, at_ms);
	pg_disconnect(&voice->connection);
}

static void begin_call(struct player *player, struct voice *voice)
{
	voice->in_flight = true;
	if (!PQsendQuery(voice->connection, voice->sql) || !PQsetSingleRowMode(voice->connection))
		lose(voice, now(player));
}

static bool is_failure(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE || status == PGRES_COPY_IN ||
	       status == PGRES_COPY_OUT;
}

/* Takes what has come, rows away with it. */
static void read_answer(struct player *player, struct voice *voice)
{
	if (!PQconsumeInput(voice->connection)) {
		lose(voice, now(player));
		return;
	}
	while (!PQisBusy(voice->connection)) {
		_cleanup_result_ PGresult *result = PQgetResult(voice->connection);
		if (!result) {
			finish_call(voice, now(player));
			return;
		}
		if (is_failure(result))
			remember_error(voice, PQresultErrorMessage(result));
		if (PQstatus(voice->connection) == CONNECTION_BAD) {
			lose(voice, now(player));
			return;
		}
	}
}

/* Begins what is due; the time until the next call, in ms for poll(). */
static int begin_due_calls(struct player *player)
{
	double next = 1000;
	for (size_t i = 0; i < player->count; i++) {
		struct voice *voice = &player->voices[i];
		if (!voice->connection || voice->in_flight)
			continue;
		double wait = voice->due_ms - now(player);
		if (wait <= 0)
			begin_call(player, voice);
		else if (wait < next)
			next = wait;
	}
	return (int)next + (next > (int)next);
}

static size_t count_in_flight(const struct player *player)
{
	size_t count = 0;
	for (size_t i = 0; i < player->count; i++)
		count += player->voices[i].connection && player->voices[i].in_flight;
	return count;
}

static void wait_and_read(struct player *player, int timeout_ms)
{
	_cleanup_free_ struct pollfd *polls = memory_allocate((player->count + 1) * sizeof(*polls));
	for (size_t i = 0; i < player->count; i++) {
		const struct voice *voice = &player->voices[i];
		polls[i].fd = voice->connection && voice->in_flight ? PQsocket(voice->connection) : -1;
		polls[i].events = POLLIN;
	}
	polls[player->count] = (struct pollfd){player->stopped_ms > 0 ? -1 : player->stop_fd, POLLIN, 0};
	if (poll(polls, player->count + 1, timeout_ms) <= 0)
		return;
	for (size_t i = 0; i < player->count; i++)
		if (polls[i].revents)
			read_answer(player, &player->voices[i]);
	if (polls[player->count].revents)
		player->stopped_ms = now(player);
}

static void cancel_all(struct player *player)
{
	for (size_t i = 0; i < player->count; i++) {
		struct voice *voice = &player->voices[i];
		char message[256];
		if (!voice->connection || !voice->in_flight)
			continue;
		PGcancel *cancel = PQgetCancel(voice->connection);
		if (cancel)
			(void)PQcancel(cancel, message, sizeof(message));
		PQfreeCancel(cancel);
		remember_error(voice, "no answer until the end");
		finish_call(voice, now(player));
	}
}

static void *play(void *context)
{
	struct player *player = context;
	while (player->stopped_ms == 0)
		wait_and_read(player, begin_due_calls(player));
	while (count_in_flight(player) > 0 && now(player) < player->stopped_ms + STOP_TIMEOUT_MS)
		wait_and_read(player, STOP_TIMEOUT_MS / 10);
	cancel_all(player);
	return NULL;
}

static int open_voice(struct voice *voice, const struct workload_query *query, const struct pg_target *target,
		      struct error **err)
{
	voice->sql = query->sql;
	voice->interval_ms = 1000 / query->rate;
	_cleanup_result_ PGresult *result = NULL;
	struct pg_watch watch = {.deadline = clock_monotonic_ms() + CHECK_TIMEOUT_MS};
	if (pg_connect(target, &voice->connection, err) < 0 ||
	    pg_query_watched(voice->connection, query->sql, &watch, &result, err) < 0)
		return error_wrap(err, "workload query \"%s\"", query->name);
	if (!result)
		error_set(err, ERROR_CONFIG, "workload query \"%s\" takes longer than %d s on an idle branch",
			  query->name, CHECK_TIMEOUT_MS / 1000);
	else if (is_failure(result) && pg_result_error(result, err) < 0)
		error_wrap(err, "workload query \"%s\"", query->name);
	else
		return 0;
	return error_rekind(err, ERROR_CONFIG);
}

/* Signals are for the main thread. */
static int start_thread(struct player *player, struct error **err)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&player->thread, NULL, play, player);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return error_errno(err, error, "cannot start a thread");
	player->playing = true;
	return 0;
}

int player_start(const struct workload_query *queries, size_t count, const struct pg_target *target, double started,
		 struct player **ret, struct error **err)
{
	struct player *player = memory_allocate(sizeof(*player));
	*player = (struct player){.voices = memory_allocate((count + 1) * sizeof(*player->voices)),
				  .count = count,
				  .started = started,
				  .stop_fd = eventfd(0, EFD_CLOEXEC)};
	int result = player->stop_fd < 0 ? error_errno(err, errno, "cannot play the workload") : 0;
	for (size_t i = 0; result == 0 && i < count; i++)
		result = open_voice(&player->voices[i], &queries[i], target, err);
	/* Not all at the same moment. */
	for (size_t i = 0; i < count; i++)
		player->voices[i].due_ms =
			now(player) + player->voices[i].interval_ms * (double)i / (double)(count + 1);
	if (result < 0 || start_thread(player, err) < 0) {
		player_free(player);
		return -1;
	}
	*ret = player;
	return 0;
}

void player_stop(struct player *player)
{
	if (!player->playing)
		return;
	(void)eventfd_write(player->stop_fd, 1);
	pthread_join(player->thread, NULL);
	player->playing = false;
}

const struct workload_samples *player_samples(const struct player *player, size_t query, const char **ret_error)
{
	*ret_error = player->voices[query].error;
	return &player->voices[query].samples;
}

void player_free(struct player *player)
{
	if (!player)
		return;
	player_stop(player);
	for (size_t i = 0; i < player->count; i++) {
		pg_disconnect(&player->voices[i].connection);
		free(player->voices[i].error);
		free(player->voices[i].samples.items);
	}
	free(player->voices);
	close_descriptor(&player->stop_fd);
	free(player);
}
