#include "base/identity.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static struct identity assumed; /* valid while is_assumed */
static int is_assumed;
static int caller_depth;

int identity_of_user(const char *name, struct identity *ret, struct error **err)
{
	errno = 0;
	const struct passwd *entry = getpwnam(name);
	if (!entry)
		return error_set(err, ERROR_USAGE, "there is no user \"%s\" on this host", name);
	*ret = (struct identity){entry->pw_uid, entry->pw_gid};
	return 0;
}

char *identity_user_name(uid_t uid)
{
	const struct passwd *entry = getpwuid(uid);
	return entry ? string_copy(entry->pw_name) : string_format("%u", (unsigned)uid);
}

char *identity_person(void)
{
	const char *digits = getenv("SUDO_UID");
	char *end = NULL;
	errno = 0;
	unsigned long uid = digits && isdigit((unsigned char)*digits) ? strtoul(digits, &end, 10) : 0;
	bool told = end && *end == '\0' && errno == 0 && uid < UINT32_MAX;
	return identity_user_name(told ? (uid_t)uid : getuid());
}

struct identity identity_current(void)
{
	return (struct identity){geteuid(), getegid()};
}

/* Only root gets here: a step that fails would leave ids half changed, which nothing may go on with. */
static void switch_effective(uid_t uid, gid_t gid)
{
	if (seteuid(0) < 0 || setegid(gid) < 0 || seteuid(uid) < 0) {
		perror("vela: cannot switch user");
		abort();
	}
}

int identity_assume(const struct identity *who, struct error **err)
{
	if (getuid() != 0) {
		if (who->uid == geteuid())
			return 0;
		_cleanup_free_ char *owner = identity_user_name(who->uid);
		error_set(err, ERROR_REFUSED, "this belongs to user \"%s\"", owner);
		return error_hint(err, "run vela as \"%s\" or as root", owner);
	}
	assumed = *who;
	is_assumed = 1;
	if (caller_depth == 0)
		switch_effective(who->uid, who->gid);
	return 0;
}

void identity_caller_begin(void)
{
	if (caller_depth++ == 0 && is_assumed)
		switch_effective(0, getgid());
}

void identity_caller_end(void)
{
	if (--caller_depth == 0 && is_assumed)
		switch_effective(assumed.uid, assumed.gid);
}

int identity_become(const struct identity *who)
{
	if (getuid() != 0)
		return who && who->uid != getuid() ? (errno = EPERM, -1) : 0;
	if (seteuid(0) < 0)
		return -1;
	if (!who)
		return setegid(getgid());
	char *name = identity_user_name(who->uid);
	int failed = initgroups(name, who->gid) < 0 || setresgid(who->gid, who->gid, who->gid) < 0 ||
		     setresuid(who->uid, who->uid, who->uid) < 0;
	free(name);
	return failed ? -1 : 0;
}
