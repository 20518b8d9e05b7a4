/* cmd_watch.c - hearthctl watch: what happens, as it happens. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/output.h"
#include "cli/result.h"
#include "cli/rpc_client.h"
#include "cli/watch.h"

static void print_time(void)
{
    char text[16];
    time_t now = time(NULL);
    struct tm local;
    if (localtime_r(&now, &local) && strftime(text, sizeof(text), "%T", &local) > 0)
        printf("%s%s%s ", output_color(COLOR_DIM), text, output_color(COLOR_PLAIN));
}

/* Every field of an event but its kind, as key=value. */
static void print_fields(const cJSON *params)
{
    const cJSON *field;
    cJSON_ArrayForEach(field, params)
    {
        if (strcmp(field->string, "event") == 0)
            continue;
        char *text = cJSON_IsString(field) ? NULL : cJSON_PrintUnformatted(field), safe[2048];
        printf(" %s=%s", field->string, output_safe(safe, sizeof(safe), text ? text : field->valuestring));
        cJSON_free(text);
    }
    putchar('\n');
}

static void print_event(const cJSON *params)
{
    char text[1024];
    const char *event = json_text(params, "event");
    const cJSON *result = json_item(params, "result") ? json_item(params, "result") : params;
    print_time();
    if (strcmp(event, "result") == 0) {
        printf("%s%s%s\n", output_color(COLOR_BOLD),
            output_safe(text, sizeof(text), json_text(result, "text")), output_color(COLOR_PLAIN));
        result_print(result);
    } else {
        printf("%s", output_safe(text, sizeof(text), event));
        print_fields(params);
    }
}

int watch_events(struct cli *cli, struct rpc *rpc)
{
    cJSON *message;
    int status = rpc_call(rpc, "watch", NULL, &message);
    cJSON_Delete(message);
    while (status == CLI_OK && !ferror(stdout) && (message = rpc_next(rpc))) {
        const cJSON *params = json_item(message, "params");
        char *line = cli->json ? cJSON_PrintUnformatted(params) : NULL;
        if (line)
            puts(line);
        else
            print_event(params);
        cJSON_free(line);
        cJSON_Delete(message);
        fflush(stdout);
    }
    if (status != CLI_OK)
        return status;
    fputs("hearthctl: hearthd has gone\n", stderr);
    return CLI_UNREACHABLE;
}

int cmd_watch(struct cli *cli, int argc, char **argv)
{
    int count;
    const struct cli_option options[] = {{"json", NULL, &cli->json}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (count > 0)
        return cli_usage_error(argv[0], "no argument is wanted");
    struct rpc *rpc = rpc_open(cli);
    if (!rpc)
        return CLI_UNREACHABLE;
    int status = watch_events(cli, rpc);
    rpc_close(rpc);
    return status;
}
