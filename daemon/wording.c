/* wording.c - see wording.h. */
#include "wording.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "inference/text.h"

const char *wording_number(struct san_arena *arena, size_t number)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%zu", number);
    const char *copy = san_arena_strndup(arena, text, (size_t)len);
    return copy ? copy : "";
}

static const char *joined(const struct phrases *phrases, struct san_arena *arena, const char *word,
    const char *a, const char *b, const char *count)
{
    const struct phrase_var vars[] = {{"a", a}, {"b", b}, {"count", count}, {0}};
    return phrases_fill(phrases, "words", word, arena, vars, NULL);
}

/* The last one joined by that word. */
static const char *chain(const struct phrases *phrases, struct san_arena *arena, const char *const *texts,
    size_t count, const char *word)
{
    const char *list = count ? texts[0] : "";
    for (size_t i = 1; i < count; i++)
        list = joined(phrases, arena, i + 1 == count ? word : "list", list, texts[i], "");
    return list;
}

const char *wording_all(
    const struct phrases *phrases, struct san_arena *arena, const char *const *texts, size_t count)
{
    return chain(phrases, arena, texts, count, "a_and_b");
}

const char *wording_list(const struct phrases *phrases, struct san_arena *arena, const char *const *names,
    size_t count, const char *word)
{
    if (count <= WORDING_NAMES_MAX)
        return chain(phrases, arena, names, count, word);
    const char *list = chain(phrases, arena, names, WORDING_NAMES_MAX, "list");
    return joined(phrases, arena, "and_more", list, "", wording_number(arena, count - WORDING_NAMES_MAX));
}

const char *wording_place(
    const struct phrases *phrases, struct san_arena *arena, const struct home_call *call)
{
    if (home_call_text(call, "area"))
        return phrases_fill(phrases, "places", "area", arena, NULL, call);
    const char *floor = home_call_text(call, "floor");
    if (!floor)
        return "";
    char key[SAN_TEXT_MAX + 8] = "floor.";
    bool adverb = san_normalize_to(key + 6, sizeof(key) - 6, floor, strlen(floor), NULL) == SAN_OK &&
                  phrases_get(phrases, "places", key);
    return phrases_fill(phrases, "places", adverb ? key : "floor", arena, NULL, call);
}

const char *wording_noun(const struct phrases *phrases, struct home_entity *const *entities, size_t count)
{
    const char *domain = count ? entities[0]->domain : "*",
               *device_class = count ? entities[0]->device_class : "";
    for (size_t i = 1; i < count; i++) {
        if (strcmp(entities[i]->domain, domain) != 0)
            return phrases_noun(phrases, "*", "", true);
        if (strcmp(entities[i]->device_class, device_class) != 0)
            device_class = "";
    }
    return phrases_noun(phrases, domain, device_class, count != 1);
}

const char *wording_target(const struct phrases *phrases, struct san_arena *arena,
    const struct home_call *call, struct home_entity *const *entities, size_t count)
{
    if (count == 1)
        return entities[0]->name;
    const struct phrase_var vars[] = {{"count", wording_number(arena, count)},
        {"nouns", wording_noun(phrases, entities, count)}, {"place", wording_place(phrases, arena, call)},
        {0}};
    return phrases_fill(phrases, "outcomes", "several", arena, vars, NULL);
}

const char *wording_sentence(struct san_arena *arena, const char *text)
{
    char *copy = san_arena_strndup(arena, text, strlen(text));
    if (!copy)
        return "";
    copy[0] = (char)toupper((unsigned char)copy[0]);
    return copy;
}
