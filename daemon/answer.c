/* answer.c - see answer.h. */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer_everything.h"
#include "wording.h"

static const struct {
    const char *tool;
    enum answer_kind kind;
} table[] = {
    {"HassGetState", ANSWER_STATE},
    {"HassClimateGetTemperature", ANSWER_TEMPERATURE},
    {"HassGetWeather", ANSWER_WEATHER},
    {"HassGetCurrentTime", ANSWER_TIME},
    {"HassGetCurrentDate", ANSWER_DATE},
    {"HassRespond", ANSWER_RESPOND},
    {"HassNevermind", ANSWER_NEVERMIND},
    {"HassStartTimer", ANSWER_TIMERS},
    {"HassCancelTimer", ANSWER_TIMERS},
    {"HassCancelAllTimers", ANSWER_TIMERS},
    {"HassIncreaseTimer", ANSWER_TIMERS},
    {"HassDecreaseTimer", ANSWER_TIMERS},
    {"HassPauseTimer", ANSWER_TIMERS},
    {"HassUnpauseTimer", ANSWER_TIMERS},
    {"HassTimerStatus", ANSWER_TIMERS},
    {"HassListAddItem", ANSWER_LISTS},
    {"HassListCompleteItem", ANSWER_LISTS},
    {"HassShoppingListAddItem", ANSWER_LISTS},
    {"HassShoppingListCompleteItem", ANSWER_LISTS},
    {"HassBroadcast", ANSWER_BROADCAST},
};

enum answer_kind answer_kind(const char *tool)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strcmp(table[i].tool, tool) == 0)
            return table[i].kind;
    return ANSWER_COMMAND;
}

bool answer_needs_entities(enum answer_kind kind)
{
    return kind == ANSWER_STATE || kind == ANSWER_TEMPERATURE;
}

/* What the answer is made of. */
struct answering {
    const struct phrases *phrases;
    struct utterance *utterance;
    struct action *action;
    struct san_arena *arena;
    struct home_entity **entities; /* those that know their state */
    size_t count;
};

static void say(struct answering *a, const char *key, const struct phrase_var *vars)
{
    a->action->answer = phrases_fill(a->phrases, "answers", key, a->arena, vars, &a->action->call);
    a->action->outcome = OUTCOME_DONE;
}

static const char *print(struct answering *a, const char *format, const char *x, const char *y)
{
    char text[512];
    int len = snprintf(text, sizeof(text), format, x, y);
    const char *copy = len < 0 ? NULL : san_arena_strndup(a->arena, text, strlen(text));
    return copy ? copy : "";
}

/* ---- one entity ---- */

static const char *attribute(struct answering *a, const struct home_entity *entity, const char *name)
{
    cJSON *attributes = cJSON_Parse(entity->attributes);
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(attributes, name);
    char number[64];
    const char *text = "";
    if (cJSON_IsString(value)) {
        text = value->valuestring;
    } else if (cJSON_IsNumber(value)) {
        snprintf(number, sizeof(number), "%.10g", value->valuedouble);
        text = number;
    }
    text = san_arena_strndup(a->arena, text, strlen(text));
    cJSON_Delete(attributes);
    return text ? text : "";
}

/* "open", "21.5 °C". */
static const char *spoken_state(struct answering *a, const struct home_entity *entity)
{
    const char *unit = attribute(a, entity, "unit_of_measurement");
    if (unit[0])
        return print(a, strcmp(unit, "%") == 0 ? "%s%s" : "%s %s", entity->state, unit);
    return phrases_state(a->phrases, entity->domain, entity->device_class, entity->state);
}

/* Is the entity in the state that was asked about? The question may use the state's own word or the spoken
 * one; free words ("wet", "charging") need only appear. */
static bool in_state(struct answering *a, const struct home_entity *entity, const char *asked)
{
    const char *spoken = phrases_state(a->phrases, entity->domain, entity->device_class, entity->state);
    if (strcmp(asked, entity->state) == 0 || strcmp(asked, spoken) == 0)
        return true;
    bool negated = strncmp(spoken, "not ", 4) == 0 || strncmp(spoken, "un", 2) == 0;
    return !negated && strlen(asked) > 3 && strstr(spoken, asked) != NULL;
}

static void answer_climate(struct answering *a, const struct home_entity *entity)
{
    const char *temperature = attribute(a, entity, "temperature");
    const char *current = attribute(a, entity, "current_temperature");
    const struct phrase_var inner[] = {{"temperature", temperature}, {"current_temperature", current}, {0}};
    const struct phrase_var vars[] = {{"name", entity->name}, {"mode", spoken_state(a, entity)},
        {"target", temperature[0]
                       ? phrases_fill(a->phrases, "answers", "climate_target", a->arena, inner, NULL)
                       : ""},
        {"current",
            current[0] ? phrases_fill(a->phrases, "answers", "climate_current", a->arena, inner, NULL) : ""},
        {0}};
    say(a, "climate", vars);
}

static void answer_one(struct answering *a, const struct home_entity *entity)
{
    const char *asked = home_call_text(&a->action->call, "state");
    const struct phrase_var vars[] = {{"name", entity->name}, {"state", spoken_state(a, entity)},
        {"brightness", attribute(a, entity, "brightness")}, {"position", attribute(a, entity, "position")},
        {0}};
    if (asked)
        say(a, in_state(a, entity, asked) ? "yes" : "no", vars);
    else if (strcmp(entity->domain, "climate") == 0)
        answer_climate(a, entity);
    else if (vars[2].value[0] && strcmp(entity->state, "on") == 0)
        say(a, "brightness", vars);
    else if (vars[3].value[0] && strcmp(entity->state, "open") == 0)
        say(a, "position", vars);
    else
        say(a, "is", vars);
}

/* ---- several entities ---- */

/* The question word, from what was said: the tool has no argument for it. */
static enum question question_of(struct answering *a)
{
    const struct san_words *words = &a->utterance->reading.prepared.words;
    for (size_t i = 0; i + 1 < words->count; i++) {
        const char *pair = print(a, "%s %s", words->word[i].text, words->word[i + 1].text);
        if (phrases_has_word(a->phrases, "count", pair))
            return QUESTION_COUNT;
        if (phrases_has_word(a->phrases, "which", pair))
            return QUESTION_WHICH;
    }
    for (size_t i = 0; i < words->count; i++) {
        if (phrases_has_word(a->phrases, "count", words->word[i].text))
            return QUESTION_COUNT;
        if (phrases_has_word(a->phrases, "which", words->word[i].text))
            return QUESTION_WHICH;
        if (phrases_has_word(a->phrases, "all", words->word[i].text))
            return QUESTION_ALL;
    }
    return QUESTION_ANY;
}

static const char *names_of(struct answering *a, struct home_entity **entities, size_t count)
{
    const char **names = san_arena_alloc(a->arena, (count + 1) * sizeof(*names));
    for (size_t i = 0; names && i < count; i++)
        names[i] = entities[i]->name;
    return names ? wording_list(a->phrases, a->arena, names, count, "a_and_b") : "";
}

static const char *is_or_are(struct answering *a, size_t count)
{
    return phrases_get(a->phrases, "words", count == 1 ? "is" : "are");
}

/* Splits the entities: those in the state first; returns how many. */
static size_t partition(struct answering *a, const char *asked, struct home_entity **out)
{
    size_t in = 0;
    for (size_t i = 0; i < a->count; i++)
        if (in_state(a, a->entities[i], asked))
            out[in++] = a->entities[i];
    size_t rest = in;
    for (size_t i = 0; i < a->count; i++)
        if (!in_state(a, a->entities[i], asked))
            out[rest++] = a->entities[i];
    return in;
}

static void answer_group_state(struct answering *a, const char *asked)
{
    struct home_entity **sorted = san_arena_alloc(a->arena, a->count * sizeof(struct home_entity *));
    if (!sorted)
        return;
    size_t in = partition(a, asked, sorted);
    const char *spoken = phrases_state(a->phrases, sorted[0]->domain, sorted[0]->device_class, asked);
    enum question question = question_of(a);
    bool others = question == QUESTION_ALL && in < a->count;
    size_t shown = others ? a->count - in : in;
    struct phrase_var vars[] = {{"names", names_of(a, others ? sorted + in : sorted, shown)},
        {"state", spoken}, {"verb", is_or_are(a, shown)}, {"count", wording_number(a->arena, in)},
        {"noun", wording_noun(a->phrases, sorted, 1)},
        {"nouns", wording_noun(a->phrases, sorted, question == QUESTION_COUNT && in == 1 ? 1 : a->count)},
        {"place", wording_place(a->phrases, a->arena, &a->action->call)}, {"all", ""}, {0}};
    vars[7].value =
        phrases_fill(a->phrases, "answers", a->count == 1 ? "all_one" : "all_many", a->arena, vars, NULL);
    if (question == QUESTION_COUNT)
        say(a, "count", vars);
    else if (others)
        say(a, "no_these", vars);
    else if (question == QUESTION_ALL)
        say(a, "yes_all", vars);
    else if (!in)
        say(a, "none", vars);
    else
        say(a, question == QUESTION_WHICH ? "these" : "yes_these", vars);
}

/* Without a state asked about: each one's own, or how many there are. */
static void answer_group(struct answering *a)
{
    if (question_of(a) == QUESTION_COUNT) {
        const struct phrase_var vars[] = {{"count", wording_number(a->arena, a->count)},
            {"verb", is_or_are(a, a->count)}, {"nouns", wording_noun(a->phrases, a->entities, a->count)},
            {"place", wording_place(a->phrases, a->arena, &a->action->call)}, {0}};
        say(a, "count_all", vars);
        return;
    }
    size_t shown = a->count < WORDING_NAMES_MAX ? a->count : WORDING_NAMES_MAX;
    const char *text = "";
    for (size_t i = 0; i < shown; i++) {
        answer_one(a, a->entities[i]);
        text = i ? print(a, "%s %s", text, a->action->answer) : a->action->answer;
    }
    a->action->answer = text;
}

static void answer_state(struct answering *a)
{
    const char *asked = home_call_text(&a->action->call, "state");
    if (home_call_asks_of_everything(&a->action->call))
        a->action->answer =
            answer_everything(a->phrases, a->arena, &a->action->call, question_of(a), a->entities, a->count);
    else if (a->count == 1 && (home_call_text(&a->action->call, "name") || !asked))
        answer_one(a, a->entities[0]);
    else if (asked)
        answer_group_state(a, asked);
    else
        answer_group(a);
    a->action->outcome = OUTCOME_DONE;
}

/* ---- temperature ---- */

static void answer_temperature(struct answering *a)
{
    const struct home_entity *entity = a->entities[0];
    bool is_sensor = strcmp(entity->domain, "sensor") == 0;
    const char *current = is_sensor ? spoken_state(a, entity) : attribute(a, entity, "current_temperature");
    if (!current[0]) {
        say(a, "nothing", NULL);
        return;
    }
    if (!is_sensor)
        current = print(a, "%s %s", current, phrases_get(a->phrases, "answers", "degrees"));
    const struct phrase_var vars[] = {{"name", entity->name}, {"state", current},
        {"place", wording_place(a->phrases, a->arena, &a->action->call)}, {0}};
    say(a, vars[2].value[0] ? "temperature_place" : "temperature", vars);
}

/* ---- the rest ---- */

static void answer_clock(struct answering *a, const struct tm *now, const char *key, const char *format_key)
{
    char text[128];
    const char *format = phrases_get(a->phrases, "answers", format_key);
    if (!format || !strftime(text, sizeof(text), format, now))
        text[0] = '\0';
    const struct phrase_var vars[] = {{key, text}, {0}};
    say(a, key, vars);
}

static void refuse(struct answering *a, const char *skill)
{
    a->action->outcome = OUTCOME_REFUSED;
    a->action->refusal = REFUSAL_NO_SKILL;
    a->action->detail = phrases_get(a->phrases, "skills", skill);
}

/* Gathers the entities whose state is known, and lists them in the result's "answers". */
static bool gather(struct answering *a)
{
    struct resolved *resolved = &a->action->resolved;
    a->entities = san_arena_alloc(a->arena, (resolved->count + 1) * sizeof(struct home_entity *));
    if (!a->utterance->answers)
        a->utterance->answers = cJSON_CreateArray();
    for (size_t i = 0; a->entities && i < resolved->count; i++) {
        struct home_entity *entity = &resolved->entities[i];
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "entity_id", entity->entity_id);
        cJSON_AddStringToObject(entry, "name", entity->name);
        cJSON_AddStringToObject(entry, "state", entity->state);
        if (!cJSON_AddItemToArray(a->utterance->answers, entry))
            cJSON_Delete(entry);
        if (entity->state[0] && entity->available)
            a->entities[a->count++] = entity;
    }
    return a->count > 0;
}

static void answer_unknown(struct answering *a)
{
    const struct resolved *resolved = &a->action->resolved;
    const struct phrase_var vars[] = {{"name", resolved->count ? resolved->entities[0].name : ""}, {0}};
    if (resolved->count == 1)
        say(a, resolved->entities[0].available ? "is_unknown" : "is_unavailable", vars);
    else
        say(a, "nothing", NULL);
}

void answer_action(
    const struct phrases *phrases, struct utterance *utterance, struct action *action, const struct tm *now)
{
    struct answering a = {
        .phrases = phrases, .utterance = utterance, .action = action, .arena = utterance->arena};
    enum answer_kind kind = answer_kind(action->call.tool);
    if (answer_needs_entities(kind) && !gather(&a)) {
        answer_unknown(&a);
        return;
    }
    switch (kind) {
    case ANSWER_COMMAND:
    case ANSWER_TIMERS:
    case ANSWER_LISTS:
    case ANSWER_BROADCAST:
        break;
    case ANSWER_STATE:
        answer_state(&a);
        break;
    case ANSWER_TEMPERATURE:
        answer_temperature(&a);
        break;
    case ANSWER_TIME:
        answer_clock(&a, now, "time", "time_format");
        break;
    case ANSWER_DATE:
        answer_clock(&a, now, "date", "date_format");
        break;
    case ANSWER_RESPOND:
        say(&a, "respond", NULL);
        break;
    case ANSWER_NEVERMIND:
        say(&a, "nevermind", NULL);
        break;
    case ANSWER_WEATHER:
        refuse(&a, "weather");
        break;
    }
}
