/* cases.c - see cases.h. */
#include "cli/cases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/calls_json.h"

enum {
    ACCEPT_MAX = 64, /* other right answers of one case */
    TAGS_MAX = 64,
    LINE_MAX_BYTES = 16 << 20 /* a case with a large home inline */
};

struct cases {
    FILE *file;
    char *path;
    char *line;
    size_t line_size;
    size_t number; /* of the line */
    long long size, read;
    cJSON *json; /* of the current line */
    struct san_arena *arena;
};

struct cases *cases_open(const char *path, struct san_error *err)
{
    struct cases *cases = calloc(1, sizeof(*cases));
    if (!cases) {
        san_fail(err, SAN_ENOMEM, "out of memory");
        return NULL;
    }
    struct stat info;
    cases->file = fopen(path, "rb");
    cases->path = strdup(path);
    cases->arena = san_arena_new(16384, 0);
    if (!cases->file || fstat(fileno(cases->file), &info) != 0) {
        san_fail(err, SAN_EIO, "%s: %s", path, strerror(errno));
        goto failed;
    }
    if (!cases->path || !cases->arena) {
        san_fail(err, SAN_ENOMEM, "out of memory");
        goto failed;
    }
    cases->size = info.st_size;
    return cases;

failed:
    cases_close(cases);
    return NULL;
}

void cases_close(struct cases *cases)
{
    if (!cases)
        return;
    if (cases->file)
        fclose(cases->file);
    cJSON_Delete(cases->json);
    san_arena_free(cases->arena);
    free(cases->path);
    free(cases->line);
    free(cases);
}

double cases_progress(const struct cases *cases)
{
    return cases->size > 0 ? (double)cases->read / (double)cases->size : 1.0;
}

void cases_beside(const struct cases *cases, const char *name, char *out, size_t size)
{
    const char *slash = strrchr(cases->path, '/');
    int dir = name[0] != '/' && slash ? (int)(slash - cases->path + 1) : 0;
    snprintf(out, size, "%.*s%s", dir, cases->path, name);
}

/* Numbers are ids too. */
static const char *read_id(const cJSON *item, struct san_arena *arena)
{
    char number[32];
    if (cJSON_IsString(item))
        return item->valuestring;
    if (!cJSON_IsNumber(item))
        return "";
    snprintf(number, sizeof(number), "%.15g", item->valuedouble);
    const char *copy = san_arena_strndup(arena, number, strlen(number));
    return copy ? copy : "";
}

static enum san_status read_accept(const cJSON *lists, struct eval_case *out, struct san_error *err)
{
    if (!lists || cJSON_IsNull(lists))
        return SAN_OK;
    int count = cJSON_GetArraySize(lists);
    if (!cJSON_IsArray(lists) || count > ACCEPT_MAX)
        return san_fail(err, SAN_EFORMAT, "%s: \"accept\" must be an array of at most %d lists of calls",
            out->where, ACCEPT_MAX);
    out->accept = san_arena_alloc(out->arena, ((size_t)count + 1) * sizeof(*out->accept));
    if (!out->accept)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    const cJSON *list;
    cJSON_ArrayForEach(list, lists)
    {
        struct case_accept *one = &out->accept[out->accept_count++];
        enum san_status status =
            calls_from_json(list, out->where, out->arena, &one->calls, &one->call_count, err);
        if (status != SAN_OK)
            return status;
    }
    return SAN_OK;
}

static enum san_status read_tags(const cJSON *tags, struct eval_case *out, struct san_error *err)
{
    if (!tags || cJSON_IsNull(tags))
        return SAN_OK;
    int count = cJSON_GetArraySize(tags);
    if (!cJSON_IsArray(tags) || count > TAGS_MAX)
        return san_fail(
            err, SAN_EFORMAT, "%s: \"tags\" must be an array of at most %d words", out->where, TAGS_MAX);
    out->tags = san_arena_alloc(out->arena, ((size_t)count + 1) * sizeof(*out->tags));
    if (!out->tags)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    const cJSON *tag;
    cJSON_ArrayForEach(tag, tags)
    {
        if (!cJSON_IsString(tag))
            return san_fail(err, SAN_EFORMAT, "%s: \"tags\" holds something that is no word", out->where);
        out->tags[out->tag_count++] = tag->valuestring;
    }
    return SAN_OK;
}

static enum san_status read_case(
    struct cases *cases, size_t len, struct eval_case *out, struct san_error *err)
{
    cases->json = cJSON_ParseWithLength(cases->line, len);
    if (!cJSON_IsObject(cases->json))
        return san_fail(err, SAN_EFORMAT, "%s: not a JSON object", out->where);
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(cases->json, "text");
    const cJSON *area = cJSON_GetObjectItemCaseSensitive(cases->json, "context_area");
    if (text && !cJSON_IsString(text))
        return san_fail(err, SAN_EFORMAT, "%s: \"text\" must be a string", out->where);
    if (area && !cJSON_IsString(area) && !cJSON_IsNull(area))
        return san_fail(err, SAN_EFORMAT, "%s: \"context_area\" must be a string", out->where);
    out->id = read_id(cJSON_GetObjectItemCaseSensitive(cases->json, "id"), cases->arena);
    out->text = text ? text->valuestring : "";
    out->area = cJSON_IsString(area) && area->valuestring[0] ? area->valuestring : NULL;
    out->home = cJSON_GetObjectItemCaseSensitive(cases->json, "home");
    if (out->home && !cJSON_IsObject(out->home) && !cJSON_IsString(out->home) && !cJSON_IsNull(out->home))
        return san_fail(err, SAN_EFORMAT, "%s: \"home\" must be an object or a file's name", out->where);
    if (cJSON_IsNull(out->home))
        out->home = NULL;
    enum san_status status = calls_from_json(cJSON_GetObjectItemCaseSensitive(cases->json, "calls"),
        out->where, cases->arena, &out->calls, &out->call_count, err);
    if (status == SAN_OK)
        status = read_tags(cJSON_GetObjectItemCaseSensitive(cases->json, "tags"), out, err);
    if (status != SAN_OK)
        return status;
    return read_accept(cJSON_GetObjectItemCaseSensitive(cases->json, "accept"), out, err);
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r\n")] == '\0';
}

int cases_next(struct cases *cases, struct eval_case *out, struct san_error *err)
{
    ssize_t len;
    do {
        len = getline(&cases->line, &cases->line_size, cases->file);
        cases->number++;
        cases->read += len > 0 ? len : 0;
    } while (len >= 0 && is_blank(cases->line));
    if (len < 0 && ferror(cases->file)) {
        san_fail(err, SAN_EIO, "%s: %s", cases->path, strerror(errno));
        return -1;
    }
    if (len < 0)
        return 0;
    cJSON_Delete(cases->json);
    cases->json = NULL;
    san_arena_reset(cases->arena);
    *out = (struct eval_case){.arena = cases->arena};
    snprintf(out->where, sizeof(out->where), "%s:%zu", cases->path, cases->number);
    if (len > LINE_MAX_BYTES) {
        san_fail(err, SAN_ELIMIT, "%s: the line is longer than %d bytes", out->where, LINE_MAX_BYTES);
        return -1;
    }
    return read_case(cases, (size_t)len, out, err) == SAN_OK ? 1 : -1;
}
