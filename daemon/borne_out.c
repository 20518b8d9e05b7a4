/* borne_out.c - see borne_out.h. */
#include "borne_out.h"

#include <string.h>

#include "evidence.h"
#include "phrases.h"
#include "words.h"

struct proof {
    const struct understand *understand;
    const struct understand_request *prepared;
    struct san_arena *arena;
};

/* The words that say some of a name letter by letter: "roomba" says nothing of a room. */
static uint64_t said_exactly(const struct proof *proof, const char *text)
{
    const struct san_words *said = &proof->prepared->words;
    struct san_words name;
    uint64_t mask = 0;
    if (san_normalize(proof->arena, text, strlen(text), &name, NULL) != SAN_OK)
        return 0;
    for (size_t i = 0; i < said->count; i++)
        for (size_t j = 0; j < name.count; j++)
            mask |= (uint64_t)(strcmp(said->word[i].text, name.word[j].text) == 0) << i;
    return mask;
}

static bool only_measures(const struct shortlist_item *item)
{
    return strcmp(item->kind, "sensor") == 0 || strcmp(item->kind, "binary_sensor") == 0;
}

/* "The yeelight" is "Yeelight YLXD41YL" where nothing else has to do with the words that say it; "Yeelight
 * power" is no more than what it measures. */
static bool is_only_one(const struct proof *proof, const struct shortlist_item *item)
{
    const struct understand_request *prepared = proof->prepared;
    uint64_t exactly = said_exactly(proof, item->text);
    uint64_t where = exactly ? exactly : evidence_find(&prepared->words, item->text, proof->arena).where;
    for (size_t i = 0; where && i < prepared->request.item_count; i++) {
        const struct shortlist_item *other = &prepared->items[i];
        if (strcmp(other->name, item->name) == 0 || (only_measures(other) && !only_measures(item)))
            continue;
        uint64_t claimed = exactly ? said_exactly(proof, other->text)
                                   : evidence_find(&prepared->words, other->text, proof->arena).where;
        if (claimed & where)
            return false;
    }
    return where != 0;
}

/* "The radio", said in the waiting room, is "Waiting Room Radio": all that was said of the name is all but
 * the room. */
static bool is_of_this_room(const struct proof *proof, const struct shortlist_item *item)
{
    const struct understand_request *prepared = proof->prepared;
    struct san_words room, name;
    if (!prepared->area[0] ||
        san_normalize(proof->arena, prepared->area, strlen(prepared->area), &room, NULL) != SAN_OK ||
        san_normalize(proof->arena, item->text, strlen(item->text), &name, NULL) != SAN_OK ||
        room.count >= name.count)
        return false;
    for (size_t i = 0; i < room.count; i++)
        if (strcmp(room.word[i].text, name.word[i].text) != 0)
            return false;
    return evidence_find(&prepared->words, item->text, proof->arena).said + room.count >= name.count;
}

/* "How much juice has the doorbell" asks for "Ring Doorbell Battery": a sure question needs one word of it,
 * for nothing is done. */
static bool is_asked_for(
    const struct proof *proof, const struct san_call *call, const struct shortlist_item *item)
{
    return understand_is_question(call->tool) &&
           (double)call->confidence >= UNDERSTAND_SENSITIVE_CONFIDENCE && said_exactly(proof, item->text);
}

/* "The patient's asleep" says no "Patient Toilet": of a room whose last word tells what room it is, that word
 * must be among those that say it, but for "master lights". */
static bool is_another_room(const struct proof *proof, const char *text)
{
    struct san_words name;
    if (!proof->understand->phrases ||
        san_normalize(proof->arena, text, strlen(text), &name, NULL) != SAN_OK || name.count < 2)
        return false;
    const char *head = name.word[name.count - 1].text;
    const struct san_words *said = &proof->prepared->words;
    uint64_t where = evidence_find(said, text, proof->arena).where;
    for (size_t i = 0; i < said->count; i++)
        if (evidence_word(said->word[i].text, head) ||
            (i > 0 && (where >> (i - 1) & 1) &&
                phrases_is_noun(proof->understand->phrases, NULL, said->word[i].text)))
            return false;
    return phrases_has_word(proof->understand->phrases, "rooms", head);
}

/* "The temperature outside" is no "Fridge Temperature": the words said of a sensor's name are as much of
 * another one's. The one in the speaker's room may go without more. */
static bool is_any_sensor(const struct proof *proof, const struct shortlist_item *item)
{
    const struct understand_request *prepared = proof->prepared;
    struct evidence found = evidence_find(&prepared->words, item->text, proof->arena);
    uint64_t where = found.where;
    for (size_t i = 0; only_measures(item) && found.said < found.of && i < prepared->request.item_count;
         i++) {
        const struct shortlist_item *other = &prepared->items[i];
        if (strcmp(other->kind, item->kind) == 0 && strcmp(other->name, item->name) != 0 &&
            (evidence_find(&prepared->words, other->text, proof->arena).where & where) == where)
            return !is_of_this_room(proof, item);
    }
    return false;
}

/* The words of rooms that were said whole, and are not called in the name. */
static uint64_t words_of_other_rooms(const struct proof *proof, const struct shortlist_item *item)
{
    const struct understand_request *prepared = proof->prepared;
    uint64_t mask = 0;
    for (size_t i = 0; i < prepared->request.item_count; i++) {
        const struct shortlist_item *place = &prepared->items[i];
        struct san_words room, name;
        if (strcmp(place->kind, "area") != 0 ||
            san_normalize(proof->arena, place->text, strlen(place->text), &room, NULL) != SAN_OK ||
            san_normalize(proof->arena, item->text, strlen(item->text), &name, NULL) != SAN_OK ||
            words_find(&name, &room) < name.count)
            continue;
        mask |= words_mask(&prepared->words, &room);
    }
    return mask;
}

/* "The living room temperature" is no "Kids Room Temperature": its "room" is another one. */
static bool is_of_another_room(const struct proof *proof, const struct shortlist_item *item)
{
    struct evidence found = evidence_find(&proof->prepared->words, item->text, proof->arena);
    size_t own = 0;
    uint64_t others = words_of_other_rooms(proof, item);
    if (!only_measures(item) || found.said == found.of || !(found.where & others))
        return false;
    for (uint64_t mask = found.where & ~others; mask; mask &= mask - 1)
        own++;
    return own * 2 < found.of;
}

bool borne_out(const struct understand *understand, const struct understand_request *prepared,
    const struct san_call *call, const struct san_arg *arg, struct san_arena *arena)
{
    const struct proof whole = {.understand = understand, .prepared = prepared, .arena = arena},
                       *proof = &whole;
    if (arg->type != SAN_VALUE_ITEM)
        return true;
    const struct shortlist_item *item = arg->item >= 0 && (size_t)arg->item < prepared->request.item_count
                                            ? &prepared->items[arg->item]
                                            : NULL;
    const char *name = item ? item->name : arg->text;
    if (strcmp(arg->slot, "area") == 0 && strcmp(name, prepared->area) == 0)
        return true;
    if (strcmp(arg->slot, "area") == 0 && is_another_room(proof, arg->text))
        return false;
    if (item && strcmp(arg->slot, "name") == 0 &&
        (is_any_sensor(proof, item) || is_of_another_room(proof, item)))
        return false;
    if (evidence_of(&prepared->words, arg->text, proof->arena))
        return true;
    return item && strcmp(arg->slot, "name") == 0 &&
           (is_only_one(proof, item) || is_of_this_room(proof, item) || is_asked_for(proof, call, item));
}
