/* cmd_explain.c - hearthctl explain: every step of one utterance, once more today, or as a case for hearthctl
 * eval. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit_row.h"
#include "cli/output.h"
#include "cli/result.h"
#include "cli/rpc_client.h"

enum { CALL_TEXT_MAX = 2048 };

static const char *safe(const char *text)
{
    static char buffers[4][CALL_TEXT_MAX]; /* as many as one line shows */
    static unsigned next;
    return output_safe(buffers[next++ % 4], CALL_TEXT_MAX, text);
}

static const char *call_text(const cJSON *call)
{
    static char text[CALL_TEXT_MAX];
    return safe(result_call_text(text, sizeof(text), call));
}

/* ---- the reading: from the words to the calls ---- */

/* The names of the home that came into question, best first. */
static void print_items(const cJSON *items)
{
    const char *separator = "  names   ";
    const cJSON *item;
    cJSON_ArrayForEach(item, items)
    {
        const char *name = json_text(item, "name");
        printf("%s@%s %s", separator, json_text(item, "kind"), safe(json_text(item, "text")));
        if (name[0])
            printf(" = %s", safe(name));
        printf(" (%.1f)", json_number(item, "score"));
        separator = ", ";
    }
    printf("%s\n", cJSON_GetArraySize(items) > 0 ? "" : "  names   none");
}

static void print_steps(const cJSON *steps)
{
    static const char *const headers[] = {"  WROTE", ">SURE", ">OF", "ELSE", ">SURE", NULL};
    struct table *table = table_new(headers);
    const cJSON *step;
    cJSON_ArrayForEach(step, steps)
    {
        char token[128], sure[16], of[16], other[16];
        const char *second = json_text(step, "second");
        snprintf(token, sizeof(token), "  %s", json_text(step, "token"));
        snprintf(sure, sizeof(sure), "%.1f %%", json_number(step, "p") * 100.0);
        snprintf(of, sizeof(of), "%.0f", json_number(step, "allowed"));
        snprintf(other, sizeof(other), "%.1f %%", json_number(step, "second_p") * 100.0);
        bool open = json_number(step, "allowed") > 1;
        const char *const texts[] = {token, open ? sure : "", open ? of : "", second, second[0] ? other : ""};
        table_row(table, texts);
    }
    if (table_rows(table) > 0)
        table_print(table, stdout);
    table_free(table);
}

static void print_evidence(const cJSON *evidence)
{
    const cJSON *proof, *word;
    cJSON_ArrayForEach(proof, evidence)
    {
        printf("  said    %s %s: ", json_text(proof, "slot"), safe(json_text(proof, "value")));
        const char *separator = "";
        cJSON_ArrayForEach(word, json_item(proof, "said"))
        {
            printf("%s%s", separator, safe(cJSON_GetStringValue(word)));
            separator = " ";
        }
        if (strcmp(json_text(proof, "from"), "room") == 0)
            puts("the room of who speaks");
        else
            printf("%s (of %.0f words)\n", separator[0] ? "" : "nothing", json_number(proof, "of"));
    }
}

static void print_doubts(const cJSON *call)
{
    static const struct {
        const char *key, *text;
    } doubts[] = {{"missing", "the home has no such"}, {"leftover", "said, and something else:"},
        {"unproven", "not said:"}, {"overlooked", "said, and not in the calls:"}};
    for (size_t i = 0; i < sizeof(doubts) / sizeof(*doubts); i++)
        if (json_text(call, doubts[i].key)[0])
            printf("  against %s %s\n", doubts[i].text, safe(json_text(call, doubts[i].key)));
}

static void print_reading(const cJSON *detail, const char *text)
{
    const char *area = json_text(detail, "area"), *read = json_text(detail, "read");
    const char *words = json_text(detail, "normalized");
    bool other = read[0] && strcmp(read, text) != 0; /* completed by the conversation, or in part for later */
    printf("  heard   %s%s%s\n", safe(other ? text : words), area[0] ? ", from " : "", safe(area));
    if (other)
        printf("  read    %s\n", safe(words));
    if (cJSON_IsTrue(json_item(detail, "confirmed")))
        puts("  asked   and answered with yes");
    print_items(json_item(detail, "items"));
    print_steps(json_item(detail, "steps"));
    const cJSON *call;
    cJSON_ArrayForEach(call, json_item(detail, "calls"))
    {
        printf("  call    %s, %.1f %% sure\n", call_text(call), json_number(call, "confidence") * 100.0);
        print_evidence(json_item(call, "evidence"));
        print_doubts(call);
    }
    if (cJSON_GetArraySize(json_item(detail, "calls")) == 0)
        puts("  call    none");
}

/* ---- what came of it ---- */

static void print_entity(const cJSON *entity)
{
    const char *before = json_text(entity, "before"), *after = json_text(entity, "after");
    printf("  device  %s (%s)", safe(json_text(entity, "name")), safe(json_text(entity, "entity_id")));
    if (json_text(entity, "outcome")[0])
        printf(": %s", json_text(entity, "outcome"));
    if (after[0])
        printf(", %s -> %s", before[0] ? safe(before) : "unknown", safe(after));
    if (json_text(entity, "problem")[0])
        printf(", %s", safe(json_text(entity, "problem")));
    putchar('\n');
}

static void print_action(const cJSON *action)
{
    const char *refusal = json_text(action, "refusal"), *why = json_text(action, "why");
    printf("  action  %s: %s%s%s", call_text(action), json_text(action, "outcome"), refusal[0] ? ", " : "",
        refusal);
    printf("%s%s\n", why[0] ? ": " : "", safe(why));
    printf("  policy  %.0f %% is enough", json_number(action, "enough") * 100.0);
    if (json_item(action, "ask"))
        printf(", %.0f %% to ask", json_number(action, "ask") * 100.0);
    if (json_text(action, "band")[0])
        printf(": %s", json_text(action, "band"));
    if (json_text(action, "guard")[0])
        printf("; guarded by %s", json_text(action, "guard"));
    putchar('\n');
    const cJSON *row;
    const char *separator = "  nearest ";
    cJSON_ArrayForEach(row, json_item(action, "nearest"))
    {
        printf("%s%s", separator, safe(cJSON_GetStringValue(row)));
        separator = ", ";
    }
    if (separator[0] == ',')
        putchar('\n');
    cJSON_ArrayForEach(row, json_item(action, "entities"))
    {
        print_entity(row);
    }
}

static void print_timings(const cJSON *ms)
{
    const char *separator = "  took    ";
    const cJSON *part;
    cJSON_ArrayForEach(part, ms)
    {
        printf("%s%s %.2f ms", separator, part->string, json_number(ms, part->string));
        separator = ", ";
    }
    if (cJSON_GetArraySize(ms) > 0)
        putchar('\n');
}

static void print_row(const cJSON *row)
{
    char when[32];
    const cJSON *detail = json_item(row, "detail"), *action;
    audit_time_text(when, sizeof(when), json_number(row, "time_ms"));
    printf("%s%s%s\n", output_color(COLOR_BOLD), safe(json_text(row, "text")), output_color(COLOR_PLAIN));
    printf("  number  %.0f, %s, from %s\n", json_number(row, "id"), when, safe(json_text(row, "source")));
    print_reading(detail, json_text(row, "text"));
    cJSON_ArrayForEach(action, json_item(detail, "actions"))
    {
        print_action(action);
    }
    result_print_commands(json_item(row, "commands"));
    printf("  outcome %s: %s\n", json_text(row, "outcome"), safe(json_text(row, "reply")));
    print_timings(json_item(detail, "ms"));
}

/* ---- once more today ---- */

static void print_calls(const char *when, const cJSON *calls)
{
    const cJSON *call;
    cJSON_ArrayForEach(call, calls)
    {
        printf("  %-7s %s, %.1f %% sure\n", when, call_text(call), json_number(call, "confidence") * 100.0);
        print_doubts(call);
    }
    if (cJSON_GetArraySize(calls) == 0)
        printf("  %-7s none\n", when);
}

/* Names that came into question on one side alone: what was added to the home, and what has gone. */
static void print_new_items(const char *label, const cJSON *items, const cJSON *others)
{
    const cJSON *item, *other;
    cJSON_ArrayForEach(item, items)
    {
        bool found = false;
        cJSON_ArrayForEach(other, others)
        {
            found = found || (strcmp(json_text(item, "kind"), json_text(other, "kind")) == 0 &&
                                 strcmp(json_text(item, "text"), json_text(other, "text")) == 0);
        }
        if (!found)
            printf("  %-7s @%s %s\n", label, json_text(item, "kind"), safe(json_text(item, "text")));
    }
}

static int print_replay(const cJSON *replay)
{
    const cJSON *then = json_item(replay, "then"), *now = json_item(replay, "now");
    bool same = cJSON_IsTrue(json_item(replay, "same"));
    printf("%s%s%s\n", output_color(same ? COLOR_GREEN : COLOR_RED),
        same ? "the same today" : "different today", output_color(COLOR_PLAIN));
    if (!same)
        print_calls("then", json_item(then, "calls"));
    print_calls("now", json_item(now, "calls"));
    print_new_items("new", json_item(now, "items"), json_item(then, "items"));
    print_new_items("gone", json_item(then, "items"), json_item(now, "items"));
    return same ? CLI_OK : CLI_FAILED;
}

static int replay(struct cli *cli, cJSON *params)
{
    cJSON *result;
    int status = rpc_once(cli, "replay", params, &result);
    if (status != CLI_OK)
        return status;
    if (cli->json)
        output_json(result);
    if (cli->json)
        status = cJSON_IsTrue(json_item(result, "same")) ? CLI_OK : CLI_FAILED;
    else
        status = print_replay(result);
    cJSON_Delete(result);
    return status;
}

/* ---- as a case ---- */

/* The home: a file's name as given, or all of it. False: hearthd did not give it. */
static int add_home(struct cli *cli, cJSON *one, const char *file)
{
    if (file) {
        cJSON_AddStringToObject(one, "home", file);
        return CLI_OK;
    }
    cJSON *home;
    int status = rpc_once(cli, "export", NULL, &home);
    if (status == CLI_OK)
        cJSON_AddItemToObject(one, "home", home);
    return status;
}

/* Those that were understood, and against which nothing speaks. A row that the network has not read has only
 * what was done. The caller deletes. */
static cJSON *calls_of(const cJSON *row)
{
    static const char *const doubts[] = {"missing", "unproven", "overlooked"};
    const cJSON *detail = json_item(row, "detail"), *call;
    if (!json_text(detail, "read")[0])
        return cJSON_Duplicate(json_item(row, "calls"), true);
    cJSON *calls = cJSON_CreateArray();
    cJSON_ArrayForEach(call, json_item(detail, "calls"))
    {
        bool doubtful = false;
        for (size_t i = 0; i < sizeof(doubts) / sizeof(*doubts); i++)
            doubtful = doubtful || json_item(call, doubts[i]);
        if (doubtful)
            continue;
        cJSON *copy = cJSON_CreateObject();
        cJSON_AddStringToObject(copy, "name", json_text(call, "name"));
        cJSON_AddItemToObject(copy, "arguments", cJSON_Duplicate(json_item(call, "arguments"), true));
        cJSON_AddItemToArray(calls, copy);
    }
    return calls;
}

static int print_case(struct cli *cli, const cJSON *row, const cJSON *calls, const char *home)
{
    char id[40];
    const cJSON *detail = json_item(row, "detail");
    const char *read = json_text(detail, "read"), *area = json_text(detail, "area");
    cJSON *one = cJSON_CreateObject();
    snprintf(id, sizeof(id), "log-%.0f", json_number(row, "id"));
    cJSON_AddStringToObject(one, "id", id);
    cJSON_AddStringToObject(one, "text", read[0] ? read : json_text(row, "text"));
    if (area[0])
        cJSON_AddStringToObject(one, "context_area", area);
    cJSON_AddItemToObject(one, "calls", calls ? cJSON_Duplicate(calls, true) : calls_of(row));
    int status = add_home(cli, one, home);
    char *line = status == CLI_OK ? cJSON_PrintUnformatted(one) : NULL;
    if (line)
        puts(line);
    cJSON_free(line);
    cJSON_Delete(one);
    return status;
}

/* ---- the command ---- */

struct explain_options {
    const char *home, *calls;
    bool replay, as_case;
};

static int explain(struct cli *cli, cJSON *params, const struct explain_options *options, const cJSON *calls)
{
    cJSON *row;
    int status = rpc_once(cli, "explain", params, &row);
    if (status != CLI_OK)
        return status;
    if (options->as_case)
        status = print_case(cli, row, calls, options->home);
    else if (cli->json)
        output_json(row);
    else
        print_row(row);
    cJSON_Delete(row);
    return status;
}

int cmd_explain(struct cli *cli, int argc, char **argv)
{
    int count;
    struct explain_options wanted = {0};
    const struct cli_option options[] = {{"replay", NULL, &wanted.replay}, {"as-case", NULL, &wanted.as_case},
        {"home", &wanted.home, NULL}, {"calls", &wanted.calls, NULL}, {"json", NULL, &cli->json},
        {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    double id = 0;
    bool last = count == 0 || (count == 1 && strcmp(argv[1], "last") == 0);
    if (!last && !(count == 1 && audit_parse_count(argv[1], &id)))
        return cli_usage_error(argv[0], "say last, or a number of hearthctl log");
    if (wanted.replay && wanted.as_case)
        return cli_usage_error(argv[0], "--replay or --as-case: one at a time");
    if ((wanted.home || wanted.calls) && !wanted.as_case)
        return cli_usage_error(argv[0], "--home and --calls belong to --as-case");
    cJSON *calls = wanted.calls ? cJSON_Parse(wanted.calls) : NULL;
    if (wanted.calls && !cJSON_IsArray(calls)) {
        cJSON_Delete(calls);
        return cli_usage_error(
            argv[0], "--calls wants a JSON array: [{\"name\":TOOL,\"arguments\":{SLOT:VALUE}}]");
    }
    cJSON *params = cJSON_CreateObject();
    if (!last)
        cJSON_AddNumberToObject(params, "id", id);
    int status = wanted.replay ? replay(cli, params) : explain(cli, params, &wanted, calls);
    cJSON_Delete(calls);
    return status;
}
