#include "storage/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "storage/volume.h"

enum {
	CHUNK_FILES = 4,
	QUEUE_CHUNKS =
		64, /* bounds the open descriptors: each chunk holds at most its own directory and the target's */
	THREADED_FROM = 4, /* chunks: a smaller tree is done before threads have started */
	THREADS_MAX = 8,
	DEPTH_MAX = 64,
};

/* A directory stays open until its listing and every chunk of it are done; then it gets its mode. */
struct directory {
	DIR *source;
	int target;
	mode_t mode;
	char *path;
	atomic_int references;
};

struct chunk {
	struct directory *directory;
	size_t count;
	struct {
		char name[NAME_MAX + 1]; /* ends with NUL: readdir gives no longer one */
		bool is_link;
	} files[CHUNK_FILES];
};

struct walker {
	const struct walk *walk;
	struct stat target_top;
	pthread_t threads[THREADS_MAX];
	size_t thread_count;
	bool threads_started;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct chunk *queue[QUEUE_CHUNKS]; /* last in, first out: that closes directories early */
	size_t queued;
	bool listed;
	atomic_bool failed;
	struct error *error;
};

static char *join(const char *directory, const char *name)
{
	return *directory ? string_format("%s/%s", directory, name) : string_copy(name);
}

char *walk_entry_path(const struct walk_entry *entry)
{
	return join(entry->directory, entry->name);
}

/* Keeps the first error and makes everyone stop; takes `error` over. */
static void fail(struct walker *walker, struct error *error)
{
	pthread_mutex_lock(&walker->mutex);
	if (walker->error)
		error_free(error);
	else
		walker->error = error;
	walker->failed = true;
	pthread_mutex_unlock(&walker->mutex);
}

static void fail_errno(struct walker *walker, int number, const char *what, const char *directory, const char *name)
{
	_cleanup_free_ char *path = join(directory, name);
	struct error *error = NULL;
	volume_errno(&error, number, "cannot %s %s", what, *path ? path : "the top directory");
	fail(walker, error);
}

static void fail_usage(struct walker *walker, const char *message)
{
	struct error *error = NULL;
	error_set(&error, ERROR_USAGE, "%s", message);
	fail(walker, error);
}

static void release_directory(struct walker *walker, struct directory *directory)
{
	if (atomic_fetch_sub(&directory->references, 1) > 1)
		return;
	if (*directory->path && directory->target >= 0 && directory->mode != 0700 &&
	    fchmod(directory->target, directory->mode) < 0)
		fail_errno(walker, errno, "set the mode of", directory->path, "");
	closedir(directory->source);
	close_descriptor(&directory->target);
	free(directory->path);
	free(directory);
}

/* --- visiting --- */

static void process_chunk(struct walker *walker, struct chunk *chunk)
{
	const struct walk *walk = walker->walk;
	struct directory *directory = chunk->directory;
	struct error *error = NULL;
	for (size_t i = 0; i < chunk->count && !walker->failed && !error; i++) {
		struct walk_entry entry = {.source = dirfd(directory->source),
					   .target = directory->target,
					   .directory = directory->path,
					   .name = chunk->files[i].name,
					   .is_link = chunk->files[i].is_link};
		if (interrupt_check(&error) == 0)
			(void)walk->visit(walk->context, &entry, &error);
	}
	if (error)
		fail(walker, error);
	release_directory(walker, directory);
	free(chunk);
}

/* Takes chunks until there are none; `until_listed`: and none will come. */
static void work(struct walker *walker, bool until_listed)
{
	for (;;) {
		pthread_mutex_lock(&walker->mutex);
		while (walker->queued == 0 && until_listed && !walker->listed)
			pthread_cond_wait(&walker->changed, &walker->mutex);
		struct chunk *chunk = walker->queued > 0 ? walker->queue[--walker->queued] : NULL;
		pthread_mutex_unlock(&walker->mutex);
		if (!chunk)
			return;
		process_chunk(walker, chunk);
	}
}

static void *run_thread(void *walker)
{
	work(walker, true);
	return NULL;
}

/* Fewer threads than wanted, or none, only make it slower. Signals stay with the thread that waits for them elsewhere.
 */
static void start_threads(struct walker *walker)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t wanted = cores > THREADS_MAX - 2 ? THREADS_MAX : (size_t)(cores > 0 ? cores : 1) + 2;
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (walker->thread_count + 1 < wanted && /* this thread works as well */
	       pthread_create(&walker->threads[walker->thread_count], NULL, run_thread, walker) == 0)
		walker->thread_count++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	walker->threads_started = true;
}

static void submit(struct walker *walker, struct chunk *chunk)
{
	pthread_mutex_lock(&walker->mutex);
	bool room = walker->queued < QUEUE_CHUNKS;
	if (room)
		walker->queue[walker->queued++] = chunk;
	bool start = !walker->threads_started && walker->queued >= THREADED_FROM;
	pthread_cond_signal(&walker->changed);
	pthread_mutex_unlock(&walker->mutex);
	if (start)
		start_threads(walker);
	if (!room)
		process_chunk(walker, chunk);
}

/* --- listing --- */

static int entry_type(int directory, const struct dirent *entry)
{
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	struct stat st;
	return fstatat(directory, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? DT_UNKNOWN : (int)IFTODT(st.st_mode);
}

static bool is_skipped(const struct walk *walk, const char *directory, const char *name)
{
	if (string_equal(name, ".") || string_equal(name, ".."))
		return true;
	if (!walk->skip)
		return false;
	_cleanup_free_ char *path = join(directory, name);
	return walk->skip(path);
}

static void add_file(struct walker *walker, struct directory *directory, struct chunk **chunk, const char *name,
		     bool link)
{
	if (!*chunk) {
		*chunk = memory_allocate(sizeof(**chunk));
		(*chunk)->directory = directory;
		atomic_fetch_add(&directory->references, 1);
	}
	struct chunk *open = *chunk;
	memcpy(open->files[open->count].name, name, strnlen(name, NAME_MAX) + 1);
	open->files[open->count++].is_link = link;
	if (open->count == CHUNK_FILES)
		submit(walker, TAKE_POINTER(*chunk));
}

/* Submits the files, returns the names of the subdirectories. */
static void list_directory(struct walker *walker, struct directory *directory, struct string_list *subdirectories)
{
	struct chunk *chunk = NULL;
	for (;;) {
		errno = 0;
		const struct dirent *entry = walker->failed ? NULL : readdir(directory->source);
		if (!entry)
			break;
		if (is_skipped(walker->walk, directory->path, entry->d_name))
			continue;
		int type = entry_type(dirfd(directory->source), entry);
		if (type == DT_DIR)
			string_list_add(subdirectories, entry->d_name);
		else if (type == DT_REG || type == DT_LNK)
			add_file(walker, directory, &chunk, entry->d_name, type == DT_LNK);
	}
	if (errno != 0)
		fail_errno(walker, errno, "list", directory->path, "");
	if (chunk)
		submit(walker, chunk);
}

static int open_counterpart(struct walker *walker, int parent, const char *directory, const char *name)
{
	if (mkdirat(parent, name, 0700) == 0) {
		int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	fail_errno(walker, errno, "create directory", directory, name);
	return -1;
}

/* Takes `target` over. */
static struct directory *adopt(struct walker *walker, int source, int target, char *path)
{
	struct stat st;
	struct directory *directory = memory_allocate(sizeof(*directory));
	*directory = (struct directory){.target = target, .path = path, .references = 1};
	DIR *listing = fstat(source, &st) == 0 ? fdopendir(source) : NULL;
	if (!listing) {
		fail_errno(walker, errno, "list", path, "");
		close_descriptor(&source);
		close_descriptor(&target);
		free(path);
		free(directory);
		return NULL;
	}
	directory->source = listing;
	directory->mode = st.st_mode & 0777;
	if (target >= 0 && st.st_dev == walker->target_top.st_dev && st.st_ino == walker->target_top.st_ino)
		fail_usage(walker, "the target lies within the tree it is to be filled from");
	return directory;
}

static struct directory *open_subdirectory(struct walker *walker, const struct directory *parent, const char *name)
{
	int source = openat(dirfd(parent->source), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (source < 0) {
		if (errno != ENOENT || !walker->walk->changing)
			fail_errno(walker, errno, "open", parent->path, name);
		return NULL;
	}
	int target = -1;
	if (parent->target >= 0 && (target = open_counterpart(walker, parent->target, parent->path, name)) < 0) {
		close_descriptor(&source);
		return NULL;
	}
	return adopt(walker, source, target, join(parent->path, name));
}

static void list_tree(struct walker *walker, struct directory *directory, int depth)
{
	_cleanup_(string_list_free) struct string_list names = {0};
	list_directory(walker, directory, &names);
	if (names.count > 0 && depth == DEPTH_MAX)
		fail_usage(walker, "directories are nested too deeply");
	for (size_t i = 0; i < names.count && !walker->failed; i++) {
		struct directory *child = open_subdirectory(walker, directory, names.items[i]);
		if (child)
			list_tree(walker, child, depth + 1);
	}
	release_directory(walker, directory);
}

static void list_from_top(struct walker *walker)
{
	const struct walk *walk = walker->walk;
	int source = openat(walk->source, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int target = walk->target < 0 ? -1 : openat(walk->target, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (source < 0 || (walk->target >= 0 && (target < 0 || fstat(target, &walker->target_top) < 0))) {
		fail_errno(walker, errno, "open", "", "");
		close_descriptor(&source);
		close_descriptor(&target);
		return;
	}
	struct directory *top = adopt(walker, source, target, string_copy(""));
	if (top)
		list_tree(walker, top, 0);
}

int walk_tree(const struct walk *walk, struct error **err)
{
	struct walker *walker = memory_allocate(sizeof(*walker));
	walker->walk = walk;
	pthread_mutex_init(&walker->mutex, NULL);
	pthread_cond_init(&walker->changed, NULL);
	list_from_top(walker);
	pthread_mutex_lock(&walker->mutex);
	walker->listed = true;
	pthread_cond_broadcast(&walker->changed);
	pthread_mutex_unlock(&walker->mutex);
	work(walker, false);
	for (size_t i = 0; i < walker->thread_count; i++)
		pthread_join(walker->threads[i], NULL);
	pthread_cond_destroy(&walker->changed);
	pthread_mutex_destroy(&walker->mutex);
	struct error *error = walker->error;
	free(walker);
	return error ? error_pass(err, error) : 0;
}
