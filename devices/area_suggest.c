/* area_suggest.c - see area_suggest.h. */
#include "area_suggest.h"

#include <ctype.h>
#include <string.h>

#include "inference/text.h"

enum { ROOM_WORDS_MAX = 3 }; /* "second guest room" */

struct search {
    struct registry *registry;
    area_is_room_fn is_room;
    const void *data;
    struct san_arena *arena;
    const struct home_area *areas;
    size_t area_count;
};

/* The words [from, from + count) with single blanks between them; "" if that is too long for a name. */
static void join(char out[HOME_NAME_MAX + 1], const struct san_words *words, size_t from, size_t count)
{
    size_t len = 0;
    for (size_t i = from; i < from + count; i++) {
        if (len + words->word[i].len + 1 > HOME_NAME_MAX) {
            len = 0;
            break;
        }
        if (i > from)
            out[len++] = ' ';
        memcpy(out + len, words->word[i].text, words->word[i].len);
        len += words->word[i].len;
    }
    out[len] = '\0';
}

static const char *area_called(const struct search *s, const char *words)
{
    int64_t id = reg_find_area(s->registry, words);
    for (size_t i = 0; id && i < s->area_count; i++)
        if (s->areas[i].id == id)
            return s->areas[i].name;
    return NULL;
}

static const char *new_name(const struct search *s, const char *words)
{
    char *name = san_arena_strndup(s->arena, words, strlen(words));
    if (name)
        name[0] = (char)toupper((unsigned char)name[0]);
    return name;
}

/* The area that some words of the name mean; is_new: one that is still to be made. */
static const char *find_area(const struct search *s, const struct san_words *words, bool is_new)
{
    char part[HOME_NAME_MAX + 1];
    for (size_t count = is_new ? ROOM_WORDS_MAX : words->count; count > 0; count--) {
        for (size_t from = 0; from + count <= words->count; from++) {
            join(part, words, from, count);
            const char *there = part[0] && !is_new ? area_called(s, part) : NULL;
            if (there)
                return there;
            if (part[0] && is_new && s->is_room(s->data, part))
                return new_name(s, part);
        }
    }
    return NULL;
}

static bool suggest(const struct search *s, const struct home_entity *entity, struct area_suggestion *out)
{
    struct san_words words;
    *out = (struct area_suggestion){.entity_id = entity->entity_id, .name = entity->name};
    if (entity->area_id ||
        san_normalize(s->arena, entity->name, strlen(entity->name), &words, NULL) != SAN_OK)
        return false;
    out->area = find_area(s, &words, false);
    if (out->area)
        return true;
    out->area = find_area(s, &words, true);
    out->is_new = true;
    return out->area;
}

enum san_status area_suggest(struct registry *registry, area_is_room_fn is_room, const void *data,
    struct san_arena *arena, struct area_suggestion **out, size_t *count, struct san_error *err)
{
    struct search s = {.registry = registry, .is_room = is_room, .data = data, .arena = arena};
    struct home_area *areas;
    struct home_entity *entities;
    size_t entity_count;
    *count = 0;
    enum san_status status = reg_areas(registry, arena, &areas, &s.area_count, err);
    if (status == SAN_OK)
        status = reg_entities(
            registry, &(struct reg_filter){.exposed_only = true}, arena, &entities, &entity_count, err);
    if (status != SAN_OK)
        return status;
    s.areas = areas;
    *out = san_arena_alloc(arena, (entity_count + 1) * sizeof(**out));
    if (!*out)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    for (size_t i = 0; i < entity_count; i++)
        *count += suggest(&s, &entities[i], &(*out)[*count]);
    return SAN_OK;
}
