/* cmd_say.c - hearthctl say: one sentence, a prompt, or one sentence a line of standard input. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/prompt.h"
#include "cli/result.h"
#include "cli/rpc_client.h"

enum { SENTENCE_MAX = 4096 }; /* hearthd takes 1,024 bytes, and says so itself */

struct say {
    struct rpc *rpc;
    const char *area;
    bool dry_run, json, quiet;
    char own_area[256]; /* set at the prompt */
};

static void show(const struct say *say, const cJSON *result)
{
    if (say->json) {
        char *text = cJSON_PrintUnformatted(result);
        if (text)
            puts(text);
        cJSON_free(text);
    } else if (say->quiet) {
        result_print_reply(result);
    } else {
        result_print(result);
    }
    fflush(stdout);
}

static int say_sentence(struct say *say, const char *text)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "text", text);
    if (say->area && say->area[0])
        cJSON_AddStringToObject(params, "area", say->area);
    if (say->dry_run)
        cJSON_AddTrueToObject(params, "dry_run");
    cJSON *result;
    int status = rpc_call(say->rpc, "say", params, &result);
    if (status == CLI_OK) {
        show(say, result);
        status = result_status(result);
    }
    cJSON_Delete(result);
    return status;
}

/* ---- the prompt ---- */

static const char prompt_help[] = "Type what you would say to the house, or\n"
                                  "  :area NAME   speak from that room (:area alone: from nowhere)\n"
                                  "  :dry         only show what would be done; again to end that\n"
                                  "  :quit        leave; so does Ctrl-D\n";

/* True if the line was a command of the prompt; *leave is set by :quit. */
static bool prompt_command(struct say *say, const char *line, bool *leave)
{
    if (line[0] != ':')
        return false;
    if (strcmp(line, ":quit") == 0 || strcmp(line, ":q") == 0) {
        *leave = true;
    } else if (strcmp(line, ":dry") == 0) {
        say->dry_run = !say->dry_run;
        puts(say->dry_run ? "Nothing is published from here on." : "Commands are published again.");
    } else if (strncmp(line, ":area", 5) == 0 && (line[5] == ' ' || line[5] == '\0')) {
        snprintf(say->own_area, sizeof(say->own_area), "%s", line[5] ? line + 6 : "");
        say->area = say->own_area;
    } else {
        fputs(prompt_help, stdout);
    }
    return true;
}

static int say_at_prompt(struct say *say)
{
    struct prompt *prompt = prompt_open("hearth");
    printf("Say something to the house (:help, :quit).\n");
    int status = CLI_OK;
    bool leave = false;
    while (!leave && status != CLI_UNREACHABLE) {
        char label[300];
        bool placed = say->area && say->area[0];
        snprintf(label, sizeof(label), "%s%s> ", placed ? say->area : "", say->dry_run ? " (dry run)" : "");
        char *line = prompt_read(label);
        if (!line)
            break;
        if (line[0] && !prompt_command(say, line, &leave))
            status = say_sentence(say, line);
        free(line);
    }
    prompt_close(prompt);
    return status == CLI_UNREACHABLE ? status : CLI_OK;
}

/* ---- lines ---- */

/* One utterance a line; the worst status of all. */
static int say_lines(struct say *say)
{
    char line[SENTENCE_MAX];
    int worst = CLI_OK;
    while (worst != CLI_UNREACHABLE && fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '\0')
            continue;
        int status = say_sentence(say, line);
        worst = status > worst ? status : worst;
    }
    return worst;
}

static void join_words(char *out, size_t size, int count, char **words)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? " " : "", words[i]);
}

int cmd_say(struct cli *cli, int argc, char **argv)
{
    struct say say = {0};
    int count;
    const struct cli_option options[] = {{"area", &say.area, NULL}, {"dry-run", NULL, &say.dry_run},
        {"json", NULL, &say.json}, {"quiet", NULL, &say.quiet}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    say.rpc = rpc_open(cli);
    if (!say.rpc)
        return CLI_UNREACHABLE;
    int status;
    if (count > 0) {
        char text[SENTENCE_MAX];
        join_words(text, sizeof(text), count, argv + 1);
        status = say_sentence(&say, text);
    } else {
        status = isatty(STDIN_FILENO) ? say_at_prompt(&say) : say_lines(&say);
    }
    rpc_close(say.rpc);
    return status;
}
