/* lists.c - see lists.h. */
#include "lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "devices/lists.h"
#include "inventory.h"
#include "log.h"
#include "mqtt.h"
#include "phrases.h"

enum { ARENA_BLOCK = 16384 };

static const struct {
    const char *tool;
    bool adds;
} table[] = {
    {"HassListAddItem", true},
    {"HassListCompleteItem", false},
    {"HassShoppingListAddItem", true},
    {"HassShoppingListCompleteItem", false},
};

static bool adds(const char *tool)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strcmp(table[i].tool, tool) == 0)
            return table[i].adds;
    return false;
}

static bool same_words(const char *a, const char *b)
{
    char left[SAN_TEXT_MAX], right[SAN_TEXT_MAX];
    return san_normalize_to(left, sizeof(left), a, strlen(a), NULL) == SAN_OK &&
           san_normalize_to(right, sizeof(right), b, strlen(b), NULL) == SAN_OK && strcmp(left, right) == 0;
}

/* The id of the item on the list, 0 if it is not there, -1 if the registry cannot be read. */
static int64_t find_item(struct hearthd *daemon, struct utterance *utterance, const char *list,
    const char *item, struct san_error *err)
{
    struct reg_list_item *rows;
    size_t count;
    if (reg_list_items(daemon->registry, list, utterance->arena, &rows, &count, err) != SAN_OK)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (same_words(rows[i].text, item))
            return rows[i].id;
    return 0;
}

static enum san_status change(
    struct hearthd *daemon, const char *list, const char *item, int64_t id, struct san_error *err)
{
    inventory_commit(daemon->inventory);
    if (id)
        return reg_list_remove(daemon->registry, id, err);
    return reg_list_add(daemon->registry, list, item, err);
}

void lists_act(struct hearthd *daemon, struct utterance *utterance, struct action *action)
{
    const char *list = home_call_text(&action->call, "name"), *item = home_call_text(&action->call, "item");
    bool adding = adds(action->call.tool);
    struct san_error error = {0};
    list = list ? list : phrases_get(daemon->phrases, "lists", "shopping");
    item = item ? item : "";
    int64_t id = find_item(daemon, utterance, list, item, &error);
    bool changes = adding ? id == 0 : id > 0;
    const char *key = adding ? (id ? "there_already" : "added") : (id ? "completed" : "not_there");
    action->outcome = changes || adding ? OUTCOME_DONE : OUTCOME_REFUSED;
    if (utterance->dry_run) {
        key = "dry_run";
        action->outcome = OUTCOME_DRY_RUN;
    } else if (id < 0 || (changes && change(daemon, list, item, id, &error) != SAN_OK)) {
        action->outcome = OUTCOME_FAILED;
        action->answer = utterance_print(utterance, "%s", error.text);
        return;
    }
    const struct phrase_var vars[] = {{"list", list}, {"item", item}, {0}};
    action->answer = phrases_fill(daemon->phrases, "lists", key, utterance->arena, vars, NULL);
    if (changes && !utterance->dry_run)
        lists_publish(daemon);
}

static char *lists_json(struct hearthd *daemon, struct san_arena *arena)
{
    struct reg_list_item *rows;
    size_t count = 0;
    struct san_error error = {0};
    if (reg_list_items(daemon->registry, NULL, arena, &rows, &count, &error) != SAN_OK) {
        log_error("lists: %s", error.text);
        return NULL;
    }
    cJSON *lists = cJSON_CreateObject();
    for (size_t i = 0; i < count; i++) {
        cJSON *list = cJSON_GetObjectItemCaseSensitive(lists, rows[i].list);
        if (!list)
            list = cJSON_AddArrayToObject(lists, rows[i].list);
        cJSON *item = cJSON_CreateString(rows[i].text);
        if (!cJSON_AddItemToArray(list, item))
            cJSON_Delete(item);
    }
    char *text = cJSON_PrintUnformatted(lists);
    cJSON_Delete(lists);
    return text;
}

void lists_publish(struct hearthd *daemon)
{
    struct san_arena *arena = san_arena_new(ARENA_BLOCK, 0);
    char *text = arena ? lists_json(daemon, arena) : NULL;
    char topic[160];
    snprintf(topic, sizeof(topic), "hearth/%s/lists", daemon->config->node);
    if (text)
        mqtt_publish_news(daemon->mqtt, topic, text, strlen(text), 1, true);
    free(text);
    san_arena_free(arena);
}
