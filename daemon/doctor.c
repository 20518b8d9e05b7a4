/* doctor.c - see doctor.h. */
#include "doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "devices/registry.h"
#include "home_assistant.h"
#include "inventory.h"
#include "mqtt.h"
#include "rpc_long.h"
#include "worker.h"

/* Its rows are all there are, with their live states. */
struct examination {
    const struct rpc_long *answer;
    cJSON *checks, *devices, *hidden;
};

static struct examination open_examination(const struct rpc_long *answer)
{
    return (struct examination){.answer = answer,
        .checks = cJSON_GetObjectItemCaseSensitive(answer->result, "checks"),
        .devices = cJSON_GetObjectItemCaseSensitive(answer->result, "devices"),
        .hidden = cJSON_GetObjectItemCaseSensitive(answer->result, "hidden")};
}

static void append(cJSON *array, cJSON *member)
{
    if (!cJSON_AddItemToArray(array, member))
        cJSON_Delete(member);
}

static void add_check(const struct examination *exam, const char *name, bool ok, const char *text)
{
    cJSON *check = cJSON_CreateObject();
    cJSON_AddStringToObject(check, "name", name);
    cJSON_AddBoolToObject(check, "ok", ok);
    cJSON_AddStringToObject(check, "text", text);
    append(exam->checks, check);
}

static void add_problem(const struct examination *exam, const struct home_entity *entity, const char *problem)
{
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "entity_id", entity->entity_id);
    cJSON_AddStringToObject(entry, "name", entity->name);
    cJSON_AddStringToObject(entry, "problem", problem);
    append(exam->devices, entry);
}

/* ---- the daemon ---- */

static void examine_daemon(const struct examination *exam)
{
    struct hearthd *daemon = exam->answer->daemon;
    char text[512];
    bool online = mqtt_state(daemon->mqtt) == MQTT_ONLINE;
    const char *trouble = mqtt_trouble(daemon->mqtt); /* names the broker */
    snprintf(text, sizeof(text), "%s:%d %s", daemon->config->host, daemon->config->port,
        online ? "answers" : "has not answered yet");
    add_check(exam, "broker", online, online || !trouble[0] ? text : trouble);
    struct san_model_info info;
    worker_model_info(daemon->worker, &info);
    snprintf(text, sizeof(text), "%s, %s kernels", info.name, san_kernels_name());
    add_check(exam, "model", true, text);
}

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text ? text : "";
}

static void examine_home_assistant(const struct examination *exam)
{
    char text[512];
    cJSON *status = home_assistant_status(exam->answer->daemon->home_assistant);
    const char *state = text_of(status, "state"), *trouble = text_of(status, "trouble");
    if (!status)
        return;
    bool online = strcmp(state, "online") == 0 || strcmp(state, "reading") == 0;
    snprintf(text, sizeof(text), "%s %s", text_of(status, "url"),
        online       ? "answers"
        : trouble[0] ? trouble
                     : state);
    add_check(exam, "home assistant", online, text);
    cJSON_Delete(status);
}

/* ---- names ---- */

/* A name or alias as it is heard. */
struct heard {
    const struct home_entity *entity;
    const char *words;
    const char *name; /* as it is written */
};

static int compare_heard(const void *a, const void *b)
{
    const struct heard *left = a, *right = b;
    int order = strcmp(left->words, right->words);
    order = order ? order : strcmp(left->entity->domain, right->entity->domain);
    return order ? order : strcmp(left->entity->area, right->entity->area);
}

static void hear(struct san_arena *arena, const struct home_entity *entity, const char *name,
    struct heard *heard, size_t *count)
{
    char words[4 * HOME_NAME_MAX];
    if (san_normalize_to(words, sizeof(words), name, strlen(name), NULL) != SAN_OK)
        return;
    const char *copy = san_arena_strndup(arena, words, strlen(words));
    if (copy)
        heard[(*count)++] = (struct heard){entity, copy, name};
}

/* The names and aliases of what voice may use, sorted; NULL if out of memory. */
static struct heard *hear_names(const struct examination *exam, size_t *count)
{
    size_t room = 1;
    for (size_t i = 0; i < exam->answer->count; i++)
        room += 1 + exam->answer->rows[i].alias_count;
    struct heard *heard = san_arena_alloc(exam->answer->arena, room * sizeof(*heard));
    *count = 0;
    for (size_t i = 0; heard && i < exam->answer->count; i++) {
        const struct home_entity *entity = &exam->answer->rows[i];
        if (!entity->exposed)
            continue;
        hear(exam->answer->arena, entity, entity->name, heard, count);
        for (size_t j = 0; j < entity->alias_count; j++)
            hear(exam->answer->arena, entity, entity->aliases[j], heard, count);
    }
    if (heard)
        qsort(heard, *count, sizeof(*heard), compare_heard);
    return heard;
}

static size_t examine_twins(const struct examination *exam)
{
    char text[512];
    size_t count, twins = 0;
    const struct heard *heard = hear_names(exam, &count);
    for (size_t i = 1; heard && i < count; i++) {
        const struct heard *one = &heard[i - 1], *other = &heard[i];
        if (one->entity == other->entity || compare_heard(one, other) != 0)
            continue;
        snprintf(text, sizeof(text),
            "is called \"%s\", as %s is, in the same room: give one of them another name", other->name,
            one->entity->entity_id);
        add_problem(exam, other->entity, text);
        twins++;
    }
    return twins;
}

static bool is_place(struct registry *registry, const char *name)
{
    return reg_find_area(registry, name) || reg_find_floor(registry, name);
}

/* "Turn on the living room": the scene of that name, or all that is there? */
static void examine_places(const struct examination *exam, const struct home_entity *entity)
{
    struct registry *registry = exam->answer->registry;
    char text[512];
    const char *name = is_place(registry, entity->name) ? entity->name : NULL;
    for (size_t i = 0; i < entity->alias_count && !name; i++)
        name = is_place(registry, entity->aliases[i]) ? entity->aliases[i] : NULL;
    if (!name)
        return;
    snprintf(text, sizeof(text),
        "\"%s\" is the name of a room or floor, too: one of them is meant, but which?", name);
    add_problem(exam, entity, text);
}

static void examine_names(const struct examination *exam)
{
    char text[128];
    size_t twins = examine_twins(exam);
    for (size_t i = 0; i < exam->answer->count; i++)
        if (exam->answer->rows[i].exposed)
            examine_places(exam, &exam->answer->rows[i]);
    snprintf(text, sizeof(text), "%zu cannot be told from another by name and room", twins);
    add_check(exam, "names", twins == 0, text);
}

/* ---- entities ---- */

static void examine_entity(const struct examination *exam, const struct home_entity *entity)
{
    cJSON *texts = cJSON_CreateArray();
    const cJSON *text;
    inventory_add_problems(exam->answer->daemon->inventory, entity->id, texts);
    cJSON_ArrayForEach(text, texts)
    {
        add_problem(exam, entity, text->valuestring);
    }
    cJSON_Delete(texts);
    if (!entity->exposed)
        append(exam->hidden, cJSON_CreateString(entity->entity_id));
    if (entity->exposed && !entity->area[0])
        add_problem(exam, entity, "has no area");
}

static void examine_entities(const struct examination *exam)
{
    char text[256];
    size_t without = 0, away = 0, hidden = 0;
    for (size_t i = 0; i < exam->answer->count; i++) {
        const struct home_entity *entity = &exam->answer->rows[i];
        without += entity->exposed && !entity->area[0];
        away += entity->exposed && !entity->available;
        hidden += !entity->exposed;
    }
    snprintf(text, sizeof(text), "%zu known%s", exam->answer->count,
        exam->answer->count ? "" : ": does anything announce itself under the discovery prefix?");
    add_check(exam, "entities", exam->answer->count > 0, text);
    snprintf(text, sizeof(text), "%zu have no area%s", without,
        without ? ": hearthctl areas suggest proposes, hearthctl area set decides" : "");
    add_check(exam, "areas", without == 0, text);
    snprintf(text, sizeof(text), "%zu are not available", away);
    add_check(exam, "availability", away == 0, text);
    snprintf(text, sizeof(text), "voice may use %zu of %zu%s", exam->answer->count - hidden,
        exam->answer->count, hidden ? "; hearthctl expose changes that" : "");
    add_check(exam, "exposure", true, text);
}

/* ---- the steps ---- */

static void look(struct rpc_long *answer, struct home_entity *row)
{
    const struct examination exam = open_examination(answer);
    inventory_refresh(answer->daemon->inventory, row, answer->arena);
    examine_entity(&exam, row);
}

static void look_last(struct rpc_long *answer)
{
    const struct examination exam = open_examination(answer);
    examine_daemon(&exam);
    examine_home_assistant(&exam);
    cJSON *troubles = inventory_troubles(answer->daemon->inventory);
    if (!cJSON_AddItemToObject(answer->result, "announcements", troubles))
        cJSON_Delete(troubles);
}

static void make(struct rpc_long *answer)
{
    const struct examination exam = open_examination(answer);
    examine_entities(&exam);
    examine_names(&exam);
}

void doctor_examine(struct hearthd *daemon, struct rpc_call *call)
{
    static const struct rpc_long_steps steps = {rpc_long_read_rows, look, look_last, make};
    struct rpc_long *answer = rpc_long_new(daemon, call);
    if (!answer)
        return;
    cJSON_AddArrayToObject(answer->result, "checks");
    cJSON_AddArrayToObject(answer->result, "devices");
    cJSON_AddArrayToObject(answer->result, "hidden");
    rpc_long_start(answer, &steps);
}
