/* Volumes as directories, clones as trees of files that share their data (FICLONE): XFS, and others that can. */
#include "storage/tree.h"
#include "storage/usage.h"
#include "storage/volume.h"

static int reflink_clone(const char *source, const char *target, struct error **err)
{
	return tree_volume_clone(source, target, TREE_SHARE, err);
}

static int reflink_probe(const char *directory, struct error **err)
{
	return volume_trial(&storage_reflink, directory, err);
}

const struct storage_driver storage_reflink = {
	.name = "reflink",
	.summary = "shared files on XFS and others that can: a clone takes a moment per thousand files and shares all its data",
	.probe = reflink_probe,
	.create = tree_volume_create,
	.clone = reflink_clone,
	.seal = tree_volume_seal,
	.destroy = tree_volume_destroy,
	.usage = usage_of_volume,
};
