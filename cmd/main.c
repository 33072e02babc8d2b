#include <fcntl.h>
#include <locale.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "cmd/output.h"

static int show_help(const struct invocation *invocation, struct error **err)
{
	const char *topic = invocation->command              ? invocation->command->name
			    : invocation->argument_count > 0 ? invocation->arguments[0]
							     : NULL;
	_cleanup_buffer_ struct buffer text = {0};
	if (help_write(topic, &text, err) < 0)
		return -1;
	output_text("%s", buffer_text(&text));
	return 0;
}

static int dispatch(struct invocation *invocation, struct error **err)
{
	if (invocation->version) {
		output_text("vela " VELA_VERSION "\n");
		return 0;
	}
	if (invocation->help)
		return show_help(invocation, err);
	if (!invocation->command) {
		error_set(err, ERROR_USAGE, "vela what?");
		return error_hint(err, "vela -h lists the commands");
	}
	_cleanup_free_ char *purpose = string_format("vela %s", invocation->command->name);
	invocation->app.purpose = purpose;
	invocation->app.progress = output_progress(invocation);
	int result = invocation->command->run(invocation, err);
	output_progress_clear();
	return result;
}

/* Else the first file that is opened would get the number of a closed one, and what is printed. */
static void occupy_standard_descriptors(void)
{
	int fd;
	while ((fd = open("/dev/null", O_RDONLY)) >= 0 && fd <= STDERR_FILENO)
		;
	close(fd);
}

int main(int argc, char **argv)
{
	occupy_standard_descriptors();
	setlocale(LC_CTYPE, "C.UTF-8");
	interrupt_install();
	struct invocation invocation;
	struct error *error = NULL;
	int code = 0;
	if (command_parse(argc, argv, &invocation, &error) < 0 || dispatch(&invocation, &error) < 0) {
		code = error_kinds[error->kind].exit_code;
		if (!invocation.error_told)
			output_error(&invocation, error);
		error_free(error);
	} else {
		code = invocation.exit_code;
	}
	if (output_flush() < 0 && code == 0) {
		fputs("vela: cannot write to standard output\n", stderr);
		code = error_kinds[ERROR_INTERNAL].exit_code;
	}
	invocation_free(&invocation);
	return code;
}
