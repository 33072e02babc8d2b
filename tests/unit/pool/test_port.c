#include "pool_fixture.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "pool/port.h"

enum { FIRST = 29600 }; /* below the ports that the kernel gives to clients */

static void ports_are_distinct_and_given_back(void **state)
{
	const struct pool *pool = *state;
	int a, b;
	assert_int_equal(port_reserve(pool, FIRST, FIRST + 1, "shop", "a", &a, NULL), 0);
	assert_int_equal(port_reserve(pool, FIRST, FIRST + 1, "shop", "b", &b, NULL), 0);
	assert_int_not_equal(a, b);
	struct error *error = NULL;
	int c;
	assert_int_equal(port_reserve(pool, FIRST, FIRST + 1, "shop", "c", &c, &error), -1);
	assert_int_equal(error->kind, ERROR_CONFLICT);
	error_free(error);
	port_release(pool, a, "shop", "b"); /* not its own: stays */
	assert_int_equal(port_reserve(pool, FIRST, FIRST + 1, "shop", "c", &c, NULL), -1);
	port_release(pool, a, "shop", "a");
	assert_int_equal(port_reserve(pool, FIRST, FIRST + 1, "shop", "c", &c, NULL), 0);
	assert_int_equal(c, a);
}

static int listen_on(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void another_programs_port_is_skipped(void **state)
{
	enum { TAKEN = FIRST + 10 };
	int port;
	int fd = listen_on(TAKEN);
	assert_false(port_is_free(TAKEN));
	assert_int_equal(port_reserve(*state, TAKEN, TAKEN + 1, "shop", "a", &port, NULL), 0);
	assert_int_equal(port, TAKEN + 1);
	close(fd);
	assert_true(port_is_free(TAKEN));
}

static void many_at_once_get_a_port_each(void **state)
{
	enum { CHILDREN = 16, LOW = FIRST + 20 };
	pid_t children[CHILDREN];
	for (int i = 0; i < CHILDREN; i++)
		if ((children[i] = fork()) == 0) {
			char name[16];
			int port;
			snprintf(name, sizeof(name), "b%d", i);
			_exit(port_reserve(*state, LOW, LOW + CHILDREN - 1, "shop", name, &port, NULL) == 0 ? port - LOW
													    : 255);
		}
	bool seen[CHILDREN] = {false};
	for (int i = 0; i < CHILDREN; i++) {
		int status;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) < CHILDREN);
		assert_false(seen[WEXITSTATUS(status)]);
		seen[WEXITSTATUS(status)] = true;
	}
}

static void a_reservation_is_handed_over(void **state)
{
	const struct pool *pool = *state;
	int port;
	assert_int_equal(port_reserve(pool, FIRST + 70, FIRST + 79, "shop", "old", &port, NULL), 0);
	assert_false(port_hand_over(pool, port, "shop", "other", "new"));
	assert_false(port_hand_over(pool, port, "shop", NULL, "new"));
	assert_true(port_hand_over(pool, port, "shop", "old", "new"));
	assert_true(port_hand_over(pool, port, "shop", "old", "new")); /* again: it is done */
	port_release(pool, port, "shop", "old");
	assert_false(port_hand_over(pool, port, "shop", "old", "third"));
	port_release(pool, port, "shop", "new");
	assert_true(port_hand_over(pool, port, "shop", "old", "third")); /* it was lost on the way */
	port_release(pool, port, "shop", "third");
}

static void count(void *context, int port, const char *project, const char *name)
{
	assert_string_equal(project, "shop");
	assert_string_equal(name, "a");
	*(int *)context += port;
}

static void reservations_can_be_walked(void **state)
{
	const struct pool *pool = *state;
	int port, sum = 0;
	_cleanup_free_ char *junk = path_join(pool->path, "ports", "junk", NULL);
	assert_int_equal(symlink("no-slash", junk), 0);
	assert_int_equal(port_reserve(pool, FIRST + 50, FIRST + 60, "shop", "a", &port, NULL), 0);
	port_each(pool, count, &sum);
	assert_int_equal(sum, port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(ports_are_distinct_and_given_back), POOL_TEST(another_programs_port_is_skipped),
		POOL_TEST(many_at_once_get_a_port_each),      POOL_TEST(a_reservation_is_handed_over),
		POOL_TEST(reservations_can_be_walked),
	};
	return cmocka_run_group_tests_name("pool/port", tests, NULL, fixture_end);
}
