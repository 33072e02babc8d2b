#include "floor.h"

#include <arpa/inet.h>
#include <btrfsutil.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

enum { PAUSE_US = 500, PATIENCE_MS = 30000 };

/* --- the clone --- */

static void clone_file(int from, int to, const char *name)
{
	int source = openat(from, name, O_RDONLY | O_CLOEXEC);
	int target = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (source < 0 || target < 0 || ioctl(target, FICLONE, source) < 0)
		die("cannot clone %s: %s", name, strerror(errno));
	close(source);
	close(target);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Takes both descriptors over. */
static void clone_directory(int from, int to)
{
	DIR *directory = fdopendir(from);
	if (!directory || to < 0)
		die("cannot clone a directory: %s", strerror(errno));
	const struct dirent *entry;
	while ((entry = readdir(directory))) {
		if (is_dots(entry->d_name))
			continue;
		if (entry->d_type != DT_DIR) {
			clone_file(from, to, entry->d_name);
			continue;
		}
		if (mkdirat(to, entry->d_name, 0700) < 0)
			die("cannot make %s: %s", entry->d_name, strerror(errno));
		clone_directory(openat(from, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
				openat(to, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	}
	closedir(directory);
	close(to);
}

static void clone_data(const struct floor *floor)
{
	if (floor->snapshots) {
		if (btrfs_util_create_snapshot(floor->baseline, floor->clone, 0, NULL, NULL) != BTRFS_UTIL_OK)
			die("cannot snapshot %s: %s", floor->baseline, strerror(errno));
		return;
	}
	if (mkdir(floor->clone, 0700) < 0)
		die("cannot make %s: %s", floor->clone, strerror(errno));
	clone_directory(open(floor->baseline, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
			open(floor->clone, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/* Takes the descriptor over. */
static void remove_children(int fd)
{
	DIR *directory = fdopendir(fd);
	if (!directory)
		die("cannot empty a directory: %s", strerror(errno));
	const struct dirent *entry;
	while ((entry = readdir(directory))) {
		if (is_dots(entry->d_name))
			continue;
		if (entry->d_type == DT_DIR)
			remove_children(openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		if (unlinkat(fd, entry->d_name, entry->d_type == DT_DIR ? AT_REMOVEDIR : 0) < 0)
			die("cannot remove %s: %s", entry->d_name, strerror(errno));
	}
	closedir(directory);
}

static void remove_data(const struct floor *floor)
{
	if (floor->snapshots) {
		if (btrfs_util_delete_subvolume(floor->clone, 0) != BTRFS_UTIL_OK)
			die("cannot delete %s: %s", floor->clone, strerror(errno));
		return;
	}
	remove_children(open(floor->clone, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (rmdir(floor->clone) < 0)
		die("cannot remove %s: %s", floor->clone, strerror(errno));
}

/* --- the server --- */

static int find_port(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(address);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, length) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		die("cannot find a free port: %s", strerror(errno));
	close(fd);
	return ntohs(address.sin_port);
}

static _Noreturn void become_server(const struct floor *floor, char *const argv[])
{
	char *log = format_text("%s/log", floor->directory);
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int in = open("/dev/null", O_RDONLY);
	if (setresuid(0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(floor->group, floor->group, floor->group) < 0 ||
	    setresuid(floor->user, floor->user, floor->user) < 0 || out < 0 || in < 0 || dup2(in, 0) < 0 ||
	    dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	(void)setsid();
	execv(argv[0], argv);
	_exit(127);
}

static void start_server(struct floor *floor, int port)
{
	char *argv[] = {
		format_text("%s/postgres", floor->binaries),
		format_text("-D"),
		format_text("%s", floor->clone),
		format_text("--port=%d", port),
		format_text("--listen_addresses=127.0.0.1"),
		format_text("--unix_socket_directories=%s", floor->directory),
		format_text("--hba_file=%s/pg_hba.conf", floor->directory),
		format_text("--fsync=off"),
		format_text("--shared_buffers=32MB"),
		format_text("--huge_pages=off"),
		format_text("--autovacuum=off"),
		format_text("--max_logical_replication_workers=0"),
		NULL,
	};
	floor->server = fork();
	if (floor->server == 0)
		become_server(floor, argv);
	if (floor->server < 0)
		die("cannot run %s: %s", argv[0], strerror(errno));
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
}

/* Files belong to the user who runs the server, as vela's do. */
static void act_as(uid_t user, gid_t group)
{
	if ((user != 0 && setegid(group) < 0) || seteuid(user) < 0 || (user == 0 && setegid(group) < 0))
		die("cannot become user %d: %s", (int)user, strerror(errno));
}

double floor_create(struct floor *floor)
{
	int port = find_port();
	char *conninfo = format_text("host=127.0.0.1 port=%d %s", port, floor->login);
	double began = now_ms();
	act_as(floor->user, floor->group);
	clone_data(floor);
	act_as(0, 0);
	start_server(floor, port);
	while (!client_try(conninfo)) {
		if (waitpid(floor->server, NULL, WNOHANG) != 0 || now_ms() - began > PATIENCE_MS)
			die("postgres does not start on %s; its log is %s/log", floor->clone, floor->directory);
		usleep(PAUSE_US);
	}
	double took = now_ms() - began;
	free(conninfo);
	return took;
}

double floor_delete(struct floor *floor)
{
	double began = now_ms();
	if (kill(floor->server, SIGQUIT) < 0)
		die("cannot stop the server: %s", strerror(errno));
	while (waitpid(floor->server, NULL, 0) < 0)
		if (errno != EINTR)
			die("cannot wait for the server: %s", strerror(errno));
	act_as(floor->user, floor->group);
	remove_data(floor);
	act_as(0, 0);
	return now_ms() - began;
}
