#include "storage/driver.h"

#include "base/buffer.h"
#include "base/text.h"
#include "storage/btrfs.h"
#include "storage/volume.h"

const struct storage_driver *const storage_drivers[] = {&storage_btrfs, &storage_reflink, &storage_copy, NULL};

static const char *name_at(const void *context, size_t index)
{
	const struct storage_driver *const *drivers = context;
	return drivers[index] ? drivers[index]->name : NULL;
}

int storage_driver_find(const char *name, const struct storage_driver **ret, struct error **err)
{
	for (size_t i = 0; storage_drivers[i]; i++)
		if (string_equal(storage_drivers[i]->name, name)) {
			*ret = storage_drivers[i];
			return 0;
		}
	_cleanup_buffer_ struct buffer names = {0};
	for (size_t i = 0; storage_drivers[i]; i++)
		buffer_addf(&names, "%s%s", i > 0 ? ", " : "", storage_drivers[i]->name);
	error_set(err, ERROR_USAGE, "there is no storage driver \"%s\"", name);
	const char *suggestion = text_suggest(name, name_at, storage_drivers);
	if (suggestion)
		return error_hint(err, "did you mean \"%s\"? the drivers are %s", suggestion, buffer_text(&names));
	return error_hint(err, "the drivers are %s", buffer_text(&names));
}

int storage_driver_probe(const char *directory, const struct storage_driver **ret, struct error **err)
{
	_cleanup_buffer_ struct buffer reasons = {0};
	for (size_t i = 0; storage_drivers[i]; i++) {
		const struct storage_driver *driver = storage_drivers[i];
		if (driver->capabilities & STORAGE_EXPLICIT)
			continue;
		_cleanup_error_ struct error *reason = NULL;
		if (driver->probe(directory, &reason) == 0) {
			*ret = driver;
			return 0;
		}
		if (reason->kind == ERROR_INTERRUPTED)
			return error_pass(err, TAKE_POINTER(reason));
		buffer_addf(&reasons, "%s%s: %s", reasons.length > 0 ? "; " : "", driver->name, reason->message);
	}
	error_set(err, ERROR_STORAGE, "no driver can clone in %s (%s)", directory, buffer_text(&reasons));
	return error_hint(err,
			  "use a directory on btrfs or XFS; as root, \"vela pool create\" makes a btrfs in a file");
}

bool storage_is_cloneable_top(const struct storage_driver *driver, const char *path)
{
	return driver == &storage_btrfs && btrfs_is_cloneable_top(path);
}

int storage_clone_foreign(const struct storage_driver *driver, const char *source, const char *target,
			  struct error **err)
{
	if (driver == &storage_btrfs)
		return btrfs_clone_foreign(source, target, err);
	error_set(err, ERROR_STORAGE, "the %s driver cannot clone %s as it is", driver->name, source);
	return error_hint(err, "import it into a volume of its own");
}

int storage_adopt(const struct storage_driver *driver, const char *path, struct error **err)
{
	return driver == &storage_btrfs ? btrfs_adopt(path, err) : 0;
}
