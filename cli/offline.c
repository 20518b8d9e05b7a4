/* offline.c - see offline.h. */
#include "cli/offline.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/compare.h"
#include "daemon/call_domain.h"
#include "daemon/phrases.h"
#include "daemon/policy.h"
#include "daemon/words.h"
#include "devices/home_file.h"
#include "devices/resolve.h"

enum {
    HOMES_MAX = 64,      /* kept; an evaluation goes back and forth between some dozens */
    TOOLS_MAX = 1 << 20, /* bytes of the tools' file */
    ARENA_BLOCK = 65536,
};

struct offline_home {
    char *key; /* the file's path, or the inline home's text */
    struct registry *registry;
    struct shortlist *shortlist;
};

struct offline {
    struct san_model *model;
    struct san_tools *tools;
    struct phrases *phrases;
    struct san_session *session;
    struct san_arena *arena;
    struct offline_home homes[HOMES_MAX];
    size_t next_home; /* the one that goes next when all are taken */
    struct offline_home *current;
};

/* ---- opening ---- */

/* A data file: where the program was installed to, beside it if it was moved, or in the tree it was built in.
 */
static const char *find_data(const char *name, char *path, size_t size)
{
    static const char *const beside[] = {"../share/hearth", ".."};
    char program[PATH_MAX];
    snprintf(path, size, "%s/%s", HEARTH_DATADIR, name);
    ssize_t len = access(path, R_OK) == 0 ? -1 : readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (len <= 0)
        return path;
    program[len] = '\0';
    char *slash = strrchr(program, '/');
    for (size_t i = 0; slash && i < sizeof(beside) / sizeof(beside[0]); i++) {
        char other[2 * PATH_MAX];
        snprintf(other, sizeof(other), "%.*s/%s/%s", (int)(slash - program), program, beside[i], name);
        if (access(other, R_OK) == 0 && strlen(other) < size)
            return strcpy(path, other);
    }
    return path;
}

static const char *choose(const char *given, const char *variable, const char *name, char *path, size_t size)
{
    if (given)
        return given;
    const char *named = getenv(variable);
    return named && named[0] ? named : find_data(name, path, size);
}

static struct san_tools *load_tools(const struct san_model *model, const char *path, struct san_error *err)
{
    size_t len;
    char *json = cli_read_file(path, TOOLS_MAX, &len);
    if (!json) {
        san_fail(err, SAN_EIO, "no tools: name their file with HEARTH_TOOLS");
        return NULL;
    }
    struct san_tools *tools = san_tools_load(model, json, len, err);
    free(json);
    return tools;
}

struct offline *offline_open(const struct offline_options *options, struct san_error *err)
{
    struct offline *offline = calloc(1, sizeof(*offline));
    if (!offline) {
        san_fail(err, SAN_ENOMEM, "out of memory");
        return NULL;
    }
    const struct san_options session = {.threads = options->threads, .cache_bytes = SAN_CACHE_BYTES};
    char path[PATH_MAX];
    offline->model = san_model_open(
        choose(options->model, "HEARTH_MODEL", "models/hearth-s.gguf", path, sizeof(path)), err);
    if (offline->model)
        offline->tools = load_tools(offline->model,
            choose(options->tools, "HEARTH_TOOLS", "schemas/intents.json", path, sizeof(path)), err);
    if (offline->tools)
        offline->phrases =
            phrases_load(choose(NULL, "HEARTH_PHRASES", "schemas/phrases_en.json", path, sizeof(path)), err);
    if (offline->phrases)
        offline->session = san_session_new(offline->model, &session, err);
    offline->arena = san_arena_new(ARENA_BLOCK, 0);
    if (offline->session && offline->arena)
        return offline;
    offline_close(offline);
    return NULL;
}

static void close_home(struct offline_home *home)
{
    shortlist_free(home->shortlist);
    reg_close(home->registry);
    free(home->key);
    *home = (struct offline_home){0};
}

void offline_close(struct offline *offline)
{
    if (!offline)
        return;
    for (size_t i = 0; i < HOMES_MAX; i++)
        close_home(&offline->homes[i]);
    san_session_free(offline->session);
    phrases_free(offline->phrases);
    san_tools_free(offline->tools);
    san_model_close(offline->model);
    san_arena_free(offline->arena);
    free(offline);
}

void offline_model_info(const struct offline *offline, struct san_model_info *out)
{
    san_model_info(offline->model, out);
}

/* ---- homes ---- */

static bool use_kept(struct offline *offline, const char *key)
{
    for (size_t i = 0; i < HOMES_MAX; i++) {
        if (offline->homes[i].key && strcmp(offline->homes[i].key, key) == 0) {
            offline->current = &offline->homes[i];
            return true;
        }
    }
    return false;
}

/* An empty home under that key, which is taken over. */
static struct offline_home *new_home(struct offline *offline, char *key, struct san_error *err)
{
    struct offline_home *home = &offline->homes[offline->next_home];
    offline->next_home = (offline->next_home + 1) % HOMES_MAX;
    offline->current = NULL;
    close_home(home);
    home->key = key;
    home->registry = reg_open(":memory:", err);
    if (!home->registry)
        return NULL;
    home->shortlist = shortlist_new(home->registry);
    if (!home->shortlist) {
        san_fail(err, SAN_ENOMEM, "out of memory for the index of names");
        return NULL;
    }
    return home;
}

enum san_status offline_use_file(struct offline *offline, const char *path, struct san_error *err)
{
    if (use_kept(offline, path))
        return SAN_OK;
    char *key = strdup(path);
    if (!key)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    struct offline_home *home = new_home(offline, key, err);
    enum san_status status = home ? home_import_file(home->registry, path, err) : err->status;
    if (status == SAN_OK)
        offline->current = home;
    else if (home)
        close_home(home);
    return status;
}

enum san_status offline_use_json(
    struct offline *offline, const cJSON *json, const char *where, struct san_error *err)
{
    char *text = cJSON_PrintUnformatted(json);
    if (!text)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    if (use_kept(offline, text)) {
        cJSON_free(text);
        return SAN_OK;
    }
    char *key = strdup(text);
    struct offline_home *home = key ? new_home(offline, key, err) : NULL;
    enum san_status status = home ? home_import(home->registry, text, strlen(text), where, err)
                                  : san_fail(err, SAN_ENOMEM, "out of memory");
    cJSON_free(text);
    if (status == SAN_OK)
        offline->current = home;
    else if (home)
        close_home(home);
    return status;
}

struct registry *offline_registry(struct offline *offline)
{
    return offline->current ? offline->current->registry : NULL;
}

/* ---- sentences ---- */

static double clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

/* Has the home what the call could act on: a named thing where it was said to be, of a kind anything at all,
 * in whatever room? */
static enum san_status home_has_such(struct offline *offline, const struct offline_result *result,
    const struct home_call *call, bool *out, struct san_error *err)
{
    struct home_call anywhere = *call;
    struct resolved resolved;
    if (!home_call_arg(call, "name")) {
        call_remove(&anywhere, "area");
        call_remove(&anywhere, "floor");
    }
    *out = true;
    if (anywhere.arg_count == 0 && call->arg_count > 0 && strncmp(call->tool, "HassTurn", 8) == 0)
        return SAN_OK; /* everything there */
    enum san_status status =
        resolve_call(offline->current->registry, &anywhere, NULL, result->arena, &resolved, err);
    *out = status == SAN_OK && resolved.outcome != RESOLVE_NONE;
    return status;
}

enum san_status offline_is_sensitive(struct offline *offline, const struct offline_result *result,
    const struct home_call *call, bool *out, struct san_error *err)
{
    struct resolved resolved;
    *out = false;
    enum san_status status =
        resolve_call(offline->current->registry, call, result->prepared.area, result->arena, &resolved, err);
    for (size_t i = 0; status == SAN_OK && i < resolved.count; i++)
        *out |= policy_class(call, &resolved.entities[i]) != NULL;
    return status;
}

/* By confidence alone. */
static const char *why_unsure(const struct understood_call *call)
{
    if (understand_is_question(call->call.tool))
        return call->confidence < UNDERSTAND_QUESTION_CONFIDENCE ? "unsure" : "";
    if (call->confidence < UNDERSTAND_ASK_CONFIDENCE)
        return "unsure";
    return call->confidence < UNDERSTAND_COMMAND_CONFIDENCE ? "asked" : "";
}

/* What unlocks, opens or disarms must be surer: hearthd asks first. */
static enum san_status ask_about_sensitive(struct offline *offline, const struct offline_result *result,
    const struct understood_call *call, const char **out, struct san_error *err)
{
    bool sensitive = false;
    if ((*out)[0] || call->confidence >= UNDERSTAND_SENSITIVE_CONFIDENCE)
        return SAN_OK;
    enum san_status status = offline_is_sensitive(offline, result, &call->call, &sensitive, err);
    if (sensitive)
        *out = "asked";
    return status;
}

/* Not what is missing or doubtful, and no act on things of which the home has none. */
static enum san_status why_kept_back(struct offline *offline, const struct offline_result *result,
    const struct understood_call *call, const char **out, struct san_error *err)
{
    bool there = true;
    *out = call->missing[0]      ? "missing"
           : call->unproven[0]   ? "unproven"
           : call->overlooked[0] ? "overlooked"
                                 : why_unsure(call);
    bool asked = strcmp(*out, "asked") == 0;
    if ((*out)[0] && !asked)
        return SAN_OK;
    if (understand_is_question(call->call.tool))
        return SAN_OK;
    enum san_status status = home_has_such(offline, result, &call->call, &there, err);
    if (!there)
        *out = asked ? "unsure" : "nothing there";
    return status == SAN_OK ? ask_about_sensitive(offline, result, call, out, err) : status;
}

/* Calls that are kept back only until somebody says yes: "asked". */
static bool is_asked(const char *kept_back)
{
    return strcmp(kept_back, "asked") == 0;
}

/* ---- exceptions ---- */

/* Do several things of the home bear that name? */
static bool is_shared_name(struct offline *offline, const struct offline_result *result, const char *name)
{
    const struct reg_filter filter = {.name = name, .exposed_only = true};
    struct home_entity *rows;
    size_t count = 0;
    return reg_entities(offline->current->registry, &filter, result->arena, &rows, &count, NULL) == SAN_OK &&
           count > 1;
}

/* The call on a group, as one on this thing of it. */
static enum san_status name_one(struct offline *offline, struct offline_result *result,
    const struct home_call *group, const struct home_entity *entity, struct home_call *out,
    struct san_error *err)
{
    static const char *const of_groups[] = {"area", "floor", "domain", "device_class"};
    if (!call_copy(out, group, result->arena))
        return san_fail(err, SAN_ENOMEM, "out of memory for the calls");
    for (size_t i = 0; i < sizeof(of_groups) / sizeof(*of_groups); i++)
        call_remove(out, of_groups[i]);
    bool placed = entity->area[0] && is_shared_name(offline, result, entity->name);
    bool good = (!placed || call_put_text(out, "area", entity->area)) &&
                call_put_text(out, "name", entity->name) && call_fit_domain(out, entity->domain);
    return good ? SAN_OK
                : san_fail(err, SAN_ELIMIT, "%s has more than %d arguments", out->tool, HOME_ARGS_MAX);
}

/* Adds the call to those to act on, or, where something is excepted, what is left of it. */
static enum san_status add_call(struct offline *offline, struct offline_result *out,
    const struct home_call *call, struct home_call **calls, size_t *count, struct san_error *err)
{
    struct resolved resolved = {.count = 0};
    enum san_status status = SAN_OK;
    if (out->except.text)
        status =
            resolve_call(offline->current->registry, call, out->prepared.area, out->arena, &resolved, err);
    size_t all = resolved.count;
    if (status == SAN_OK && all)
        except_apply(offline->phrases, &out->except, &resolved);
    size_t added = resolved.count < all ? resolved.count : 1;
    struct home_call *more = san_arena_alloc(out->arena, (*count + added + 1) * sizeof(*more));
    if (!more)
        return san_fail(err, SAN_ENOMEM, "out of memory for the calls");
    if (*count)
        memcpy(more, *calls, *count * sizeof(*more));
    *calls = more;
    if (resolved.count == all)
        more[(*count)++] = *call;
    for (size_t i = 0; status == SAN_OK && resolved.count < all && i < resolved.count; i++)
        status = name_one(offline, out, call, &resolved.entities[i], &more[(*count)++], err);
    return status;
}

/* An exception that is not understood would do what was forbidden. */
static void keep_back_unexcepted(struct offline_result *out)
{
    for (size_t i = 0; out->except.unknown && i < out->understood.call_count; i++) {
        out->understood.calls[i].missing = "name";
        out->understood.calls[i].leftover = out->except.unknown;
    }
}

/* Reads other words instead. */
static enum san_status read_again(struct offline *offline, const struct understand *understand,
    const char *text, struct offline_result *out, struct san_error *err)
{
    bool trace = out->prepared.request.trace;
    enum san_status status =
        understand_prepare(understand, text, out->prepared.area, out->arena, &out->prepared, err);
    out->prepared.request.trace = trace;
    if (status == SAN_OK)
        status = san_parse(offline->session, offline->tools, &out->prepared.request, &out->network, err);
    if (status == SAN_OK)
        status =
            understand_finish(understand, &out->prepared, out->network, out->arena, &out->understood, err);
    return status;
}

/* Reads the sentence again without its exception, if it has one. */
static enum san_status take_exception(struct offline *offline, const struct understand *understand,
    struct offline_result *out, struct san_error *err)
{
    const struct san_words *words = &out->prepared.words;
    size_t begin = except_find(offline->phrases, words);
    if (begin == words->count || except_may_be_copied(&out->understood))
        return SAN_OK;
    const char *rest = words_join(words, 0, begin, out->arena);
    enum san_status status =
        except_read(offline->phrases, understand, &out->prepared, begin, out->arena, &out->except, err);
    if (status == SAN_OK)
        status = read_again(offline, understand, rest, out, err);
    keep_back_unexcepted(out);
    return status;
}

/* Reads it again with names in their own order, if some were said the other way round. */
static enum san_status take_order(struct offline *offline, const struct understand *understand,
    struct offline_result *out, struct san_error *err)
{
    const char *text = understand_in_order(&out->prepared, &out->understood);
    return text ? read_again(offline, understand, text, out, err) : SAN_OK;
}

static enum san_status keep_sure_calls(
    struct offline *offline, struct offline_result *out, struct san_error *err)
{
    size_t count = out->understood.call_count;
    out->kept_back = san_arena_alloc(out->arena, count * sizeof(*out->kept_back));
    if (!out->kept_back)
        return san_fail(err, SAN_ENOMEM, "out of memory for the calls");
    for (size_t i = 0; i < count; i++) {
        const struct understood_call *call = &out->understood.calls[i];
        enum san_status status = why_kept_back(offline, out, call, &out->kept_back[i], err);
        if (status != SAN_OK)
            return status;
        bool acts = !out->kept_back[i][0], asked = is_asked(out->kept_back[i]);
        out->asks |= asked;
        if (acts)
            status = add_call(offline, out, &call->call, &out->calls, &out->call_count, err);
        if (status == SAN_OK && (acts || asked))
            status = add_call(offline, out, &call->call, &out->after_yes, &out->after_yes_count, err);
        if (status != SAN_OK)
            return status;
    }
    return SAN_OK;
}

enum san_status offline_parse(struct offline *offline, const char *text, const char *area, bool trace,
    struct offline_result *out, struct san_error *err)
{
    if (!offline->current)
        return san_fail(err, SAN_EINVAL, "no home: name one with --home FILE");
    const struct understand understand = {
        offline->current->registry, offline->current->shortlist, offline->phrases};
    san_arena_reset(offline->arena);
    *out = (struct offline_result){.arena = offline->arena};

    double begin = clock_ms();
    enum san_status status = understand_prepare(&understand, text, area, out->arena, &out->prepared, err);
    if (status != SAN_OK)
        return status;
    out->prepared.request.trace = trace;
    status = san_parse(offline->session, offline->tools, &out->prepared.request, &out->network, err);
    if (status != SAN_OK)
        return status;
    status = understand_finish(&understand, &out->prepared, out->network, out->arena, &out->understood, err);
    if (status == SAN_OK)
        status = take_order(offline, &understand, out, err);
    if (status == SAN_OK)
        status = take_exception(offline, &understand, out, err);
    out->ms = clock_ms() - begin;
    return status == SAN_OK ? keep_sure_calls(offline, out, err) : status;
}
