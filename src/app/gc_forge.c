/* What became of the pull requests that databases were made for. */
#include "app/context.h"
#include "app/gc_parts.h"
#include "app/project_forge.h"
#include "forge/http.h"

enum { ASKED_MAX = 1000 }; /* pull requests of a project in one run */

struct answer {
	long number;
	char *reason; /* NULL: it is open, or not known */
};

struct gc_forge {
	char *project;
	struct forge forge;
	char *repository; /* "acme/shop"; NULL: only the forge's number of it is known */
	bool usable;      /* there is one, and it answers */
	bool unknown;     /* it did not know one of them, which was said */
	struct answer *answers;
	size_t answer_count;
};

/* In CI: the forge that runs it, for the project of vela.yml. 1: there is none. */
static int open_of_ci(struct forge *ret, char **ret_repository, struct error **err)
{
	const struct forge_settings settings = {0};
	struct ci_context ci;
	context_ci(&ci);
	int result = ci.forge && ci.repository ? forge_open(&ci, &settings, context_variable, NULL, ret, err) : 1;
	*ret_repository = TAKE_POINTER(ci.path);
	ci_context_free(&ci);
	return result;
}

static char *subject_of(const struct gc_forge *forge)
{
	return string_format("branches of pull requests of %s", forge->project);
}

/* Said once: from then on the project's pull requests are open, for all that is known. */
static void give_up(struct gc *gc, struct gc_forge *forge, struct error *problem)
{
	forge->usable = false;
	gc_fail(gc_add(gc, subject_of(forge), GC_FAILED, "its forge does not tell what became of them"), problem);
}

static void open_forge(struct gc *gc, struct gc_forge *forge)
{
	const struct policy_project *named = policy_find_project(&gc->app->policy, forge->project);
	struct error *problem = NULL;
	int opened = 1;
	if (named) {
		opened = project_forge_open(named, &forge->forge, &problem);
		forge->repository = strchr(named->repository, '/') ? string_copy(named->repository) : NULL;
	} else if (string_equal(forge->project, gc->app->config.project)) {
		opened = open_of_ci(&forge->forge, &forge->repository, &problem);
	}
	forge->usable = opened == 0;
	if (forge->usable)
		http_set_progress(forge->forge.http, gc->app->progress);
	if (opened < 0)
		give_up(gc, forge, problem);
}

static struct gc_forge *find_forge(struct gc *gc, const char *project)
{
	for (size_t i = 0; i < gc->forge_count; i++)
		if (string_equal(gc->forges[i].project, project))
			return &gc->forges[i];
	gc->forges = memory_resize(gc->forges, gc->forge_count + 1, sizeof(*gc->forges));
	struct gc_forge *forge = &gc->forges[gc->forge_count++];
	*forge = (struct gc_forge){.project = string_copy(project)};
	open_forge(gc, forge);
	return forge;
}

static void note_unknown(struct gc *gc, struct gc_forge *forge, const struct error *problem)
{
	if (!forge->unknown)
		gc_add(gc, subject_of(forge), GC_KEPT, problem->message);
	forge->unknown = true;
}

/* *ret stays NULL where it is open, or nothing is known. -1: an interrupt. */
static int ask(struct gc *gc, struct gc_forge *forge, long number, char **ret, struct error **err)
{
	_cleanup_error_ struct error *problem = NULL;
	enum forge_pull_state state;
	progress_update(gc->app->progress, "asking for pull requests", 0, 0);
	if (forge_pull_request(&forge->forge, number, &state, &problem) == 0) {
		if (state != FORGE_PULL_OPEN)
			*ret = string_format("pull request %ld was %s", number,
					     state == FORGE_PULL_MERGED ? "merged" : "closed");
		return 0;
	}
	if (problem->kind == ERROR_INTERRUPTED)
		return error_pass(err, TAKE_POINTER(problem));
	if (problem->kind == ERROR_NOT_FOUND)
		note_unknown(gc, forge, problem);
	else
		give_up(gc, forge, TAKE_POINTER(problem));
	return 0;
}

/* Where two repositories call their project the same, each has pull requests of the other's numbers. */
static bool has_pull_requests_of(struct gc *gc, const struct gc_forge *forge, const struct branch *branch)
{
	if (!branch->repository || !forge->repository || strcasecmp(branch->repository, forge->repository) == 0)
		return true;
	_cleanup_free_ char *reason = string_format("its pull request is one of %s, and those of %s are asked for",
						    branch->repository, forge->repository);
	gc_add(gc, string_format("branch %s/%s", branch->project, branch->name), GC_KEPT, reason);
	return false;
}

int gc_ask_forge(struct gc *gc, const struct branch *branch, char **ret, struct error **err)
{
	*ret = NULL;
	if (gc->request->offline || branch->pull_request <= 0)
		return 0;
	struct gc_forge *forge = find_forge(gc, branch->project);
	if (forge->usable && !has_pull_requests_of(gc, forge, branch))
		return 0;
	for (size_t i = 0; i < forge->answer_count; i++)
		if (forge->answers[i].number == branch->pull_request) {
			*ret = string_copy(forge->answers[i].reason);
			return 0;
		}
	struct answer answer = {.number = branch->pull_request};
	if (!forge->usable || forge->answer_count == ASKED_MAX)
		return 0;
	if (ask(gc, forge, branch->pull_request, &answer.reason, err) < 0)
		return -1;
	forge->answers = memory_resize(forge->answers, forge->answer_count + 1, sizeof(*forge->answers));
	forge->answers[forge->answer_count++] = answer;
	*ret = string_copy(answer.reason);
	return 0;
}

void gc_forge_free(struct gc *gc)
{
	for (size_t i = 0; i < gc->forge_count; i++) {
		struct gc_forge *forge = &gc->forges[i];
		for (size_t j = 0; j < forge->answer_count; j++)
			free(forge->answers[j].reason);
		free(forge->answers);
		free(forge->project);
		free(forge->repository);
		forge_free(&forge->forge);
	}
	free(gc->forges);
}
