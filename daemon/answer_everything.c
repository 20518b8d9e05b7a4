/* answer_everything.c - see answer_everything.h. */
#include <config.h>

#include "answer_everything.h"

#include <string.h>

#include "wording.h"

enum { NAMED_MAX = 2 }; /* of more things than these, those of a kind are counted */

/* What is listed, room by room. */
struct listing {
    const struct phrases *phrases;
    struct san_arena *arena;
    bool one_room; /* the question named it */
    struct home_entity **entities;
    size_t count;
};

static bool is_one_of(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* ---- states ---- */

/* How things are when a house is left. */
static bool is_resting(const char *state)
{
    return is_one_of(state, "off", "closed") || strcmp(state, "locked") == 0;
}

static const char *opposite(const char *state)
{
    static const char *const pairs[][2] = {{"on", "off"}, {"open", "closed"}, {"unlocked", "locked"}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        if (is_one_of(state, pairs[i][0], pairs[i][1]))
            return strcmp(state, pairs[i][0]) == 0 ? pairs[i][1] : pairs[i][0];
    }
    return state;
}

/* A player that plays or is paused is on; what is on its way is not closed yet; of locks only an open latch
 * counts as open. */
static bool rests(const struct home_entity *entity, const char *asked)
{
    const char *state = entity->state;
    if (is_one_of(asked, "locked", "unlocked"))
        return strcmp(state, "locked") == 0;
    if (strcmp(entity->domain, "lock") == 0)
        return strcmp(state, "open") != 0;
    if (strcmp(entity->domain, "media_player") == 0)
        return is_one_of(state, "off", "standby") || strcmp(state, "idle") == 0;
    if (is_one_of(asked, "open", "closed") && strcmp(entity->domain, "binary_sensor") != 0)
        return strcmp(state, "closed") == 0;
    return strcmp(state, "on") != 0;
}

/* ---- lists ---- */

/* "TV", "2 lights". */
static const char *kind_text(const struct listing *list, struct home_entity **first, size_t count)
{
    return wording_target(list->phrases, list->arena, &(const struct home_call){.tool = ""}, first, count);
}

/* Moves what fits to the front, in its order; returns how many. */
static size_t gather_like(struct home_entity **rows, size_t count,
    bool (*alike)(const struct phrases *, const struct home_entity *, const struct home_entity *),
    const struct phrases *phrases)
{
    size_t taken = 1;
    for (size_t i = 1; i < count; i++) {
        struct home_entity *row = rows[i];
        if (!alike(phrases, rows[0], row))
            continue;
        memmove(&rows[taken + 1], &rows[taken], (i - taken) * sizeof(*rows));
        rows[taken++] = row;
    }
    return taken;
}

static bool same_room(const struct phrases *phrases, const struct home_entity *a, const struct home_entity *b)
{
    (void)phrases;
    return strcmp(a->area, b->area) == 0;
}

static bool same_kind(const struct phrases *phrases, const struct home_entity *a, const struct home_entity *b)
{
    return strcmp(phrases_noun(phrases, a->domain, a->device_class, true),
               phrases_noun(phrases, b->domain, b->device_class, true)) == 0;
}

/* "Living Room TV" says where it is. */
static bool names_say_room(struct home_entity *const *rows, size_t count, size_t kinds)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcasestr(rows[i]->name, rows[i]->area))
            return false;
    }
    return kinds == count;
}

/* "TV and 2 lights in Living Room": the things of one room. */
static const char *room_text(const struct listing *list, struct home_entity **rows, size_t count)
{
    const char **texts = san_arena_alloc(list->arena, count * sizeof(*texts));
    size_t kinds = 0;
    for (size_t i = 0, next; texts && i < count; i += next) {
        next = list->count > NAMED_MAX ? gather_like(rows + i, count - i, same_kind, list->phrases) : 1;
        texts[kinds++] = kind_text(list, rows + i, next);
    }
    const char *text = texts ? wording_list(list->phrases, list->arena, texts, kinds, "a_and_b") : "";
    if (list->one_room || !rows[0]->area[0] || names_say_room(rows, count, kinds))
        return text;
    const struct home_call place = {.args = {{.slot = "area", .text = rows[0]->area}}, .arg_count = 1};
    const struct phrase_var vars[] = {
        {"names", text}, {"place", wording_place(list->phrases, list->arena, &place)}, {0}};
    return phrases_fill(list->phrases, "answers", "in_room", list->arena, vars, NULL);
}

/* So many rooms at most; what is in the others is counted. */
static const char *list_text(const struct listing *list)
{
    const char *rooms[WORDING_NAMES_MAX];
    size_t count = 0, done = 0;
    while (done < list->count && count < WORDING_NAMES_MAX) {
        struct home_entity **first = list->entities + done;
        size_t next = gather_like(first, list->count - done, same_room, list->phrases);
        rooms[count++] = room_text(list, first, next);
        done += next;
    }
    const char *word = done < list->count ? "list" : "a_and_b";
    const char *text = wording_list(list->phrases, list->arena, rooms, count, word);
    const struct phrase_var vars[] = {
        {"a", text}, {"count", wording_number(list->arena, list->count - done)}, {0}};
    return done < list->count ? phrases_fill(list->phrases, "words", "and_more", list->arena, vars, NULL)
                              : text;
}

/* ---- the answer ---- */

/* The entities that are, or are not, in the state that was asked about. */
static struct listing list_those(const struct phrases *phrases, struct san_arena *arena,
    const struct home_call *call, bool in, struct home_entity *const *entities, size_t count)
{
    const char *asked = home_call_text(call, "state");
    struct listing list = {.phrases = phrases, .arena = arena, .one_room = home_call_text(call, "area")};
    list.entities = san_arena_alloc(arena, (count + 1) * sizeof(*list.entities));
    for (size_t i = 0; list.entities && i < count; i++) {
        if ((rests(entities[i], asked) == is_resting(asked)) == in)
            list.entities[list.count++] = entities[i];
    }
    return list;
}

static const char *phrase_key(enum question question, size_t shown)
{
    switch (question) {
    case QUESTION_ALL:
        return shown ? "all_but" : "everything";
    case QUESTION_WHICH:
        return shown ? "these" : "nothing_is";
    case QUESTION_COUNT:
        return shown ? "count" : "nothing_is";
    case QUESTION_ANY:
        break;
    }
    return shown ? "yes_list" : "no_nothing";
}

const char *answer_everything(const struct phrases *phrases, struct san_arena *arena,
    const struct home_call *call, enum question question, struct home_entity *const *entities, size_t count)
{
    const char *asked = home_call_text(call, "state");
    if (question == QUESTION_ANY && is_resting(asked))
        question = QUESTION_ALL; /* "nothing is on, is it" */
    bool in = question != QUESTION_ALL;
    const struct listing list = list_those(phrases, arena, call, in, entities, count);
    const struct phrase_var vars[] = {{"names", list_text(&list)},
        {"state", question == QUESTION_ALL && list.count ? opposite(asked) : asked},
        {"verb", phrases_get(phrases, "words", list.count == 1 ? "is" : "are")},
        {"count", wording_number(arena, list.count)},
        {"nouns", wording_noun(phrases, list.entities, list.count)},
        {"place", wording_place(phrases, arena, call)}, {0}};
    return phrases_fill(phrases, "answers", phrase_key(question, list.count), arena, vars, NULL);
}
