/* Volumes as directories, clones as full copies: on any filesystem, for those who accept the price. */
#include "storage/tree.h"
#include "storage/usage.h"
#include "storage/volume.h"

static int copy_clone(const char *source, const char *target, struct error **err)
{
	_cleanup_close_ int fd = -1;
	uint64_t bytes;
	if (volume_open_marked(source, &fd, err) < 0 || tree_size(fd, NULL, &bytes, err) < 0 ||
	    tree_foresee_space(bytes, target, err) < 0)
		return -1;
	return tree_volume_clone(source, target, TREE_COPY, err);
}

static int copy_probe(const char *directory, struct error **err)
{
	return volume_trial(&storage_copy, directory, err);
}

const struct storage_driver storage_copy = {
	.name = "copy",
	.summary = "full copies on any filesystem: a clone takes the time and the space of all its data",
	.capabilities = STORAGE_EXPLICIT,
	.probe = copy_probe,
	.create = tree_volume_create,
	.clone = copy_clone,
	.seal = tree_volume_seal,
	.destroy = tree_volume_destroy,
	.usage = usage_of_volume,
};
