#include "app/pool_admin.h"
#include "base/quantity.h"
#include "cmd/commands.h"
#include "cmd/output.h"

static const struct option options[] = {
	{"driver", 0, "NAME", "btrfs, reflink or copy (default: the best that works there)"},
	{"size", 0, "SIZE", "of a file-backed pool (default: 50G; grows as it is used)"},
	{"owner", 0, "USER", "who runs every Postgres (root's default: postgres)"},
	{NULL, 0, NULL, NULL},
};

/* In fstab spaces part the fields: inside one they are written in octal, and so is the backslash. */
static char *fstab_field(const char *text)
{
	struct buffer field = {0};
	for (; *text; text++)
		if (strchr(" \t\n\\", *text))
			buffer_addf(&field, "\\%03o", (unsigned char)*text);
		else
			buffer_add_char(&field, *text);
	return buffer_steal(&field);
}

static void show_mounting(const char *path, const char *image)
{
	_cleanup_free_ char *device = fstab_field(image);
	_cleanup_free_ char *directory = fstab_field(path);
	output_text("It is a btrfs in the file %s.\nAfter a reboot: vela pool mount %s   (or in /etc/fstab:\n"
		    "%s %s btrfs loop,user_subvol_rm_allowed,noatime,nosuid,nodev,nofail 0 0)\n",
		    image, path, device, directory);
}

static void show(const struct invocation *invocation, const char *path, const struct pool_created *made)
{
	if (invocation->json) {
		json_t *json = json_pack("{s:i, s:s, s:b, s:b}", "schema", 1, "path", path, "created", made->created,
					 "file_backed", made->file_backed);
		json_object_set_new(json, "image", made->image ? json_string(made->image) : json_null());
		output_json(json);
		return;
	}
	if (!made->created) {
		output_text("there is a pool at %s already\n", path);
		return;
	}
	output_text("pool %s: driver %s, owner %s\n", path, made->driver, made->owner);
	if (made->file_backed)
		show_mounting(path, made->image);
	output_text("Next: vela baseline create production --from postgres://USER@HOST/DATABASE\n");
}

static int run(struct invocation *invocation, struct error **err)
{
	const char *size = option_value(invocation, "size");
	_cleanup_free_ char *path = app_place(invocation->arguments[0]);
	struct pool_request request = {.path = path,
				       .driver = option_value(invocation, "driver"),
				       .owner = option_value(invocation, "owner"),
				       .size = 50ULL << 30};
	if (size && !quantity_parse_size(size, &request.size)) {
		error_set(err, ERROR_USAGE, "\"%s\" is not a size", size);
		return error_hint(err, "write it like 50G or 512M");
	}
	struct pool_created made;
	if (pool_create(&invocation->app, &request, &made, err) < 0)
		return -1;
	show(invocation, path, &made);
	pool_created_free(&made);
	return 0;
}

const struct command command_pool_create = {
	.name = "pool create",
	.arguments = "DIR",
	.summary = "make a pool",
	.description = "On a filesystem that can clone (btrfs, XFS with reflink) DIR itself becomes the pool. "
		       "On any other, as root, a btrfs is made in the file DIR.btrfs and mounted on DIR. "
		       "Making a pool that is there already changes nothing.",
	.examples = "vela pool create /var/lib/vela --size 200G",
	.options = options,
	.least = 1,
	.most = 1,
	.run = run,
};
