/* What libgit2 hands out, given back at the end of a scope: _cleanup_(git_tree_close) git_tree *tree = NULL; */
#ifndef VELA_GIT_RELEASE_H
#define VELA_GIT_RELEASE_H

#include <git2.h>

#define GIT_RELEASE(type)                                                                                              \
	static inline void git_##type##_close(git_##type **owned)                                                      \
	{                                                                                                              \
		git_##type##_free(*owned);                                                                             \
	}

GIT_RELEASE(blob)
GIT_RELEASE(commit)
GIT_RELEASE(config)
GIT_RELEASE(config_iterator)
GIT_RELEASE(diff)
GIT_RELEASE(index)
GIT_RELEASE(object)
GIT_RELEASE(reference)
GIT_RELEASE(tree)
GIT_RELEASE(tree_entry)
GIT_RELEASE(worktree)

#undef GIT_RELEASE

#endif
