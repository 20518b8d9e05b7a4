/* cli.h - what the subcommands of hearthctl share: the table's row, exit statuses, common options. */
#ifndef HEARTHCTL_CLI_H
#define HEARTHCTL_CLI_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1, /* refused, unhandled, failed */
    CLI_USAGE = 2,
    CLI_UNREACHABLE = 3, /* hearthd is not there */
};

/* Options before the subcommand. */
struct cli {
    const char *socket; /* NULL: look where hearthd puts it */
    bool json;
};

/* argv[0] is the word itself; returns an enum cli_exit. */
typedef int cli_fn(struct cli *cli, int argc, char **argv);

cli_fn cmd_say, cmd_call, cmd_devices, cmd_areas, cmd_area, cmd_alias, cmd_expose, cmd_forget, cmd_satellite,
    cmd_import, cmd_export, cmd_log, cmd_explain, cmd_status, cmd_watch, cmd_tools, cmd_doctor, cmd_reload,
    cmd_parse, cmd_eval;

/* "hearthctl WORD: what is wrong" and how the command is used, on stderr; returns CLI_USAGE. */
int cli_usage_error(const char *word, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One option of a subcommand: "--area A" sets *text, "--json" sets *flag. */
struct cli_option {
    const char *name; /* without the dashes */
    const char **text;
    bool *flag;
};

/* Takes the options out of argv[1..argc); what is left is moved together at argv[1], and counted in *count.
 * `--` ends the options. CLI_USAGE, with its message written, for an unknown option or a missing value. The
 * last row has no name. */
int cli_options(int argc, char **argv, const struct cli_option *options, int *count);

/* A whole file, or standard input for "-", NUL-terminated, for free(); NULL and a message on stderr. At most
 * max bytes. */
char *cli_read_file(const char *path, size_t max, size_t *len);

/* Fields of an answer: never NULL. */
const char *json_text(const cJSON *object, const char *key);
double json_number(const cJSON *object, const char *key);
const cJSON *json_item(const cJSON *object, const char *key);

#endif
