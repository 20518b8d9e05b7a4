/* main.c - hearthctl: the table of its subcommands. */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "devices/similar.h"

static const struct {
    const char *word;
    cli_fn *function;
    const char *arguments;
    const char *help;
} commands[] = {
    {"say", cmd_say, "[--area AREA] [--dry-run] [--json] [--quiet] [TEXT...]",
        "Says a sentence to the house; a prompt without TEXT"},
    {"call", cmd_call, "[--dry-run] [--json] TOOL [SLOT=VALUE]...",
        "Calls a tool by its name, without a sentence"},
    {"devices", cmd_devices, "[--area A] [--floor F] [--domain D] [--all] [--json] [SEARCH]",
        "Lists the devices and their states"},
    {"areas", cmd_areas, "[suggest [--apply]] [--json]",
        "Lists floors and areas; or proposes areas by the names of devices"},
    {"area", cmd_area, "put NAME [--floor F] | set ENTITY AREA", "Makes an area, or puts a device into one"},
    {"alias", cmd_alias,
        "add|remove entity|area|floor OF ALIAS | list [--json] | learn [--list | --yes | --json]",
        "Gives a second name; lists them; learns them from corrections"},
    {"expose", cmd_expose, "on|off ENTITY", "Says whether voice may use a device"},
    {"satellite", cmd_satellite, "list [--json] | set ID ROOM | remove ID",
        "Says in which room a microphone stands"},
    {"forget", cmd_forget, "ENTITY_ID", "Drops a device that is there no more"},
    {"import", cmd_import, "FILE | home-assistant [--url URL --token-file FILE] [--watch]",
        "Reads a home file, or Home Assistant's rooms and entities, into the registry"},
    {"export", cmd_export, "", "Writes the registry as a home file"},
    {"log", cmd_log, "[-n COUNT] [--json]", "Lists the last utterances and what came of them"},
    {"explain", cmd_explain, "[last|ID] [--json] [--replay | --as-case [--home FILE] [--calls JSON]]",
        "Tells every step of an utterance; says it again today; makes a case for eval of it"},
    {"status", cmd_status, "[--json]", "Tells how hearthd is"},
    {"watch", cmd_watch, "[--json]", "Follows what happens, until interrupted"},
    {"tools", cmd_tools, "[--json]", "Lists the tools that utterances can call"},
    {"doctor", cmd_doctor, "[--all] [--json] [ENTITY_ID]",
        "Looks for what is wrong, and says the mend; or tells what it understood of devices"},
    {"reload", cmd_reload, "", "Has hearthd read its configuration, devices.d and tools again"},
    {"parse", cmd_parse, "--home FILE [--area A] [--model M] [--tools T] [--trace] [--json] TEXT...",
        "Offline: what a sentence means in a home"},
    {"eval", cmd_eval,
        "[--home FILE] [--model M] [--tools T] [--predictions OUT [--trace]] [--diff OLD] [--json] CASES",
        "Offline: measures the model on cases"},
};
enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static void print_usage(FILE *file)
{
    fputs("usage: hearthctl [--socket PATH] COMMAND [ARGUMENT]...\n\n", file);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(file, "  %-9s  %s\n", commands[i].word, commands[i].help);
    fputs("\nhearthctl COMMAND --help tells the arguments; hearthctl(1) tells the rest.\n", file);
}

/* The one that was probably meant, or NULL. */
static const char *nearest_command(const char *word)
{
    const char *best = NULL;
    double best_score = 0.4;
    for (size_t i = 0; i < COMMANDS; i++) {
        double score = similar_text(word, commands[i].word);
        if (score > best_score) {
            best_score = score;
            best = commands[i].word;
        }
    }
    return best;
}

static void print_command_usage(FILE *file, const char *word)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].word, word) == 0)
            fprintf(file, "usage: hearthctl %s%s%s\n%s.\n", word, *commands[i].arguments ? " " : "",
                commands[i].arguments, commands[i].help);
    }
}

int cli_usage_error(const char *word, const char *format, ...)
{
    fprintf(stderr, "hearthctl %s: ", word);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    print_command_usage(stderr, word);
    return CLI_USAGE;
}

static const struct cli_option *find_option(const struct cli_option *options, const char *name, size_t len)
{
    for (; options->name; options++) {
        if (strlen(options->name) == len && strncmp(options->name, name, len) == 0)
            return options;
    }
    return NULL;
}

/* Takes argv[*i] (and its value); CLI_OK or CLI_USAGE. */
static int take_option(int argc, char **argv, int *i, const struct cli_option *options)
{
    const char *name = argv[*i] + (argv[*i][1] == '-' ? 2 : 1);
    size_t len = strcspn(name, "=");
    const struct cli_option *option = find_option(options, name, len);
    if (!option)
        return cli_usage_error(argv[0], "unknown option %s", argv[*i]);
    if (option->flag) {
        *option->flag = true;
        return name[len] ? cli_usage_error(argv[0], "--%s takes no value", option->name) : CLI_OK;
    }
    if (name[len] == '=') {
        *option->text = name + len + 1;
        return CLI_OK;
    }
    if (*i + 1 >= argc)
        return cli_usage_error(argv[0], "--%s needs a value", option->name);
    *option->text = argv[++*i];
    return CLI_OK;
}

int cli_options(int argc, char **argv, const struct cli_option *options, int *count)
{
    int kept = 1;
    bool ended = false;
    for (int i = 1; i < argc; i++) {
        if (!ended && strcmp(argv[i], "--") == 0) {
            ended = true;
        } else if (ended || argv[i][0] != '-' || argv[i][1] == '\0') {
            argv[kept++] = argv[i];
        } else if (take_option(argc, argv, &i, options) != CLI_OK) {
            return CLI_USAGE;
        }
    }
    *count = kept - 1;
    return CLI_OK;
}

char *cli_read_file(const char *path, size_t max, size_t *len)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char *text = NULL;
    size_t size = 0, used = 0;
    while (file && used <= max && !feof(file) && !ferror(file)) {
        if (used + 1 >= size) {
            size = size ? size * 2 : 65536;
            char *larger = realloc(text, size);
            if (!larger)
                break;
            text = larger;
        }
        used += fread(text + used, 1, size - used - 1, file);
    }
    bool ok = file && text && !ferror(file) && feof(file) && used <= max;
    if (!ok)
        fprintf(stderr, "hearthctl: %s: %s\n", path, used > max ? "larger than is allowed" : strerror(errno));
    if (file && file != stdin)
        fclose(file);
    if (!ok) {
        free(text);
        return NULL;
    }
    text[used] = '\0';
    *len = used;
    return text;
}

const cJSON *json_item(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

const char *json_text(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(json_item(object, key));
    return text ? text : "";
}

double json_number(const cJSON *object, const char *key)
{
    const cJSON *item = json_item(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : 0.0;
}

static int run_command(struct cli *cli, int argc, char **argv)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].word, argv[0]) != 0)
            continue;
        if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
            print_command_usage(stdout, argv[0]);
            return CLI_OK;
        }
        return commands[i].function(cli, argc, argv);
    }
    const char *near = nearest_command(argv[0]);
    if (near) {
        fprintf(stderr,
            "hearthctl: there is no command \"%s\": did you mean %s? hearthctl --help lists them\n", argv[0],
            near);
        return CLI_USAGE;
    }
    fprintf(stderr, "hearthctl: there is no command \"%s\"\n\n", argv[0]);
    print_usage(stderr);
    return CLI_USAGE;
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_usage(stdout);
            return CLI_OK;
        }
        if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "-V") == 0) {
            puts("hearthctl " PACKAGE_VERSION);
            return CLI_OK;
        }
        bool known = strcmp(argv[i], "--socket") == 0;
        if (!known || i + 1 == argc) {
            fprintf(stderr, "hearthctl: %s %s\n", argv[i],
                known ? "needs the path of hearthd's socket"
                      : "is no option here: hearthctl --help lists them; a command's own stand behind it");
            return CLI_USAGE;
        }
        cli.socket = argv[++i];
    }
    if (i == argc) {
        print_usage(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[i], "help") == 0 && i + 1 == argc) {
        print_usage(stdout);
        return CLI_OK;
    }
    int status = run_command(&cli, argc - i, argv + i);
    if (fflush(stdout) != 0 && status == CLI_OK)
        return CLI_FAILED;
    return status;
}
