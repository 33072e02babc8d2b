/* Read by ourselves: libgit2 makes the reflog that is not there. */
#include "base/file.h"
#include "git/fate_parts.h"

enum { REFLOG_MAX = 4 << 20 };

/* What git, and those who write reflogs as git does, say of a commit that was made, and of a move. The first row whose
 * beginning and part are in the message counts; else it came from elsewhere: a pull, a fetch, a push. */
static const struct {
	const char *begins, *has;
	enum tip_origin origin;
} sayings[] = {
	{"commit", "", TIP_MADE},
	{"cherry-pick", "", TIP_MADE},
	{"revert", "", TIP_MADE},
	{"am", "", TIP_MADE},
	{"rebase", "", TIP_MADE},
	{"merge", ": Fast-forward", TIP_GIVEN},
	{"merge", "", TIP_MADE},
	{"pull", "(finish)", TIP_MADE},
	{"pull", ": Merge made", TIP_MADE},
	{"reset", "", TIP_GIVEN},
	{"branch: Reset", "", TIP_GIVEN},
	{"branch: Created from", "", TIP_GIVEN},
	{"Branch: renamed", "", TIP_GIVEN},
};

struct line {
	git_oid tip; /* where the branch stood afterwards */
	char *message;
};

static bool read_reflog(const char *git_directory, const char *branch, struct buffer *ret)
{
	_cleanup_free_ char *path = path_join(git_directory, "logs/refs/heads", branch, NULL);
	return file_read(path, REFLOG_MAX, FILE_NO_FOLLOW, ret, NULL) == 0;
}

/* "OLD NEW NAME <MAIL> TIME ZONE\tMESSAGE"; cuts the line off `*at`. */
static bool next_line(char **at, struct line *ret)
{
	enum { NEW = GIT_OID_HEXSZ + 1 };
	for (char *line; (line = strsep(at, "\n"));) {
		char *tab = strchr(line, '\t');
		if (tab && tab - line > NEW + GIT_OID_HEXSZ &&
		    git_oid_fromstrn(&ret->tip, line + NEW, GIT_OID_HEXSZ) == 0) {
			ret->message = tab + 1;
			return true;
		}
	}
	return false;
}

/* A rebase of nothing leaves the branch where its new base is: "rebase (finish): refs/heads/x onto HASH". */
static bool is_onto(const char *message, const git_oid *tip)
{
	char hex[GIT_OID_HEXSZ + 1];
	return string_ends_with(message, git_oid_tostr(hex, sizeof(hex), tip));
}

/* "branch: Created from origin/x" of x: somebody else's commits. */
static bool is_from_remote(const char *message, const char *branch)
{
	static const char *const moves[] = {"branch: Created from ", "branch: Reset to ", "reset: moving to "};
	_cleanup_free_ char *end = string_format("/%s", branch);
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++)
		if (string_starts_with(message, moves[i]) && string_ends_with(message, end))
			return true;
	return false;
}

static enum tip_origin origin_of(const struct line *line, const char *branch)
{
	if (is_from_remote(line->message, branch))
		return TIP_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(sayings); i++)
		if (string_starts_with(line->message, sayings[i].begins) && strstr(line->message, sayings[i].has))
			return sayings[i].origin == TIP_MADE && is_onto(line->message, &line->tip) ? TIP_GIVEN
												   : sayings[i].origin;
	return TIP_UNKNOWN;
}

enum tip_origin reflog_origin(const char *git_directory, const char *branch, const git_oid *tip)
{
	_cleanup_buffer_ struct buffer text = {0};
	if (!read_reflog(git_directory, branch, &text))
		return TIP_UNKNOWN;
	char *at = text.data;
	struct line line;
	bool given = false;
	while (next_line(&at, &line)) {
		enum tip_origin origin = git_oid_equal(&line.tip, tip) ? origin_of(&line, branch) : TIP_UNKNOWN;
		if (origin == TIP_MADE)
			return TIP_MADE;
		given = given || origin == TIP_GIVEN;
	}
	return given ? TIP_GIVEN : TIP_UNKNOWN;
}

bool reflog_has_name(const char *git_directory, const char *branch, const char *old)
{
	_cleanup_buffer_ struct buffer text = {0};
	if (!read_reflog(git_directory, branch, &text))
		return false;
	_cleanup_free_ char *renamed = string_format("Branch: renamed refs/heads/%s to ", old);
	char *at = text.data;
	struct line line;
	while (next_line(&at, &line))
		if (string_starts_with(line.message, renamed))
			return true;
	return false;
}
