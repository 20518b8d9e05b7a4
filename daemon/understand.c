/* understand.c - see understand.h. */
#include "daemon/understand.h"

#include <stdio.h>
#include <string.h>

#include "daemon/aside.h"
#include "daemon/borne_out.h"
#include "daemon/both.h"
#include "daemon/call_domain.h"
#include "daemon/carry.h"
#include "daemon/contrary.h"
#include "daemon/evidence.h"
#include "daemon/except.h"
#include "daemon/fraction.h"
#include "daemon/item_list.h"
#include "daemon/leftover.h"
#include "daemon/loose_name.h"
#include "daemon/mention.h"
#include "daemon/namesake.h"
#include "daemon/other_kind.h"
#include "daemon/phrases.h"
#include "daemon/said_kind.h"
#include "daemon/said_name.h"
#include "daemon/turned_name.h"
#include "daemon/whole_name.h"
#include "daemon/words.h"

bool understand_is_question(const char *tool)
{
    static const char *const tools[] = {"HassGetState", "HassClimateGetTemperature", "HassGetWeather",
        "HassGetCurrentTime", "HassGetCurrentDate", "HassTimerStatus", "HassRespond", "HassNevermind"};
    for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++) {
        if (strcmp(tools[i], tool) == 0)
            return true;
    }
    return false;
}

/* ---- before the network ---- */

static enum san_status join_words(
    const struct san_words *words, struct san_arena *arena, const char **out, struct san_error *err)
{
    size_t size = 1;
    for (size_t i = 0; i < words->count; i++)
        size += words->word[i].len + 1;
    char *text = san_arena_alloc(arena, size);
    if (!text)
        return san_fail(err, SAN_ENOMEM, "out of memory for the words of an utterance");
    char *end = text;
    for (size_t i = 0; i < words->count; i++) {
        if (i > 0)
            *end++ = ' ';
        memcpy(end, words->word[i].text, words->word[i].len);
        end += words->word[i].len;
    }
    *out = text;
    return SAN_OK;
}

static enum san_status fail_unknown_area(
    const struct understand *understand, const char *area, struct san_arena *arena, struct san_error *err)
{
    const char **near;
    size_t count;
    enum san_status status =
        shortlist_nearest(understand->shortlist, "area", area, 1, arena, &near, &count, err);
    if (status != SAN_OK)
        return status;
    if (count == 0)
        return san_fail(err, SAN_EINVAL, "the home has no area \"%s\"", area);
    return san_fail(err, SAN_EINVAL, "the home has no area \"%s\"; did you mean \"%s\"?", area, near[0]);
}

/* The canonical name of the speaker's room. */
static enum san_status find_area(const struct understand *understand, const char *area,
    struct san_arena *arena, const char **out, struct san_error *err)
{
    *out = "";
    if (!area || !area[0])
        return SAN_OK;
    int64_t id = reg_find_area(understand->registry, area);
    if (id == 0)
        return fail_unknown_area(understand, area, arena, err);
    struct home_area *areas;
    size_t count;
    enum san_status status = reg_areas(understand->registry, arena, &areas, &count, err);
    if (status != SAN_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        if (areas[i].id == id)
            *out = areas[i].name;
    }
    return SAN_OK;
}

/* The request's items are those that were found. */
static enum san_status set_items(
    struct understand_request *out, struct san_arena *arena, struct san_error *err)
{
    size_t count = out->request.item_count;
    struct san_item *items = san_arena_alloc(arena, count * sizeof(*items));
    if (!items)
        return san_fail(err, SAN_ENOMEM, "out of memory for %zu names", count);
    for (size_t i = 0; i < count; i++)
        items[i] = (struct san_item){.kind = out->items[i].kind, .text = out->items[i].text};
    out->request.items = items;
    return SAN_OK;
}

enum san_status understand_prepare(const struct understand *understand, const char *text, const char *area,
    struct san_arena *arena, struct understand_request *out, struct san_error *err)
{
    *out = (struct understand_request){.normalized = "", .area = ""};
    size_t len = strlen(text);
    enum san_status status = san_normalize(arena, text, len, &out->words, err);
    if (status == SAN_OK)
        status = join_words(&out->words, arena, &out->normalized, err);
    if (status == SAN_OK)
        status = find_area(understand, area, arena, &out->area, err);
    if (status != SAN_OK)
        return status;

    out->request.text = san_arena_strndup(arena, text, out->words.count > 0 ? len : 0);
    out->request.area = out->area[0] ? out->area : NULL;
    if (!out->request.text)
        return san_fail(err, SAN_ENOMEM, "out of memory for an utterance");
    if (out->words.count == 0)
        return SAN_OK;

    size_t count;
    status = shortlist_find(
        understand->shortlist, &out->words, out->request.area, arena, &out->items, &count, err);
    if (status != SAN_OK)
        return status;
    out->request.item_count = count > SAN_ITEMS_MAX ? SAN_ITEMS_MAX : count;
    loose_name_drop(understand, out, arena);
    if (understand->phrases)
        status = turned_name_apply(understand->phrases, out, arena, err);
    if (status == SAN_OK && understand->phrases)
        status = said_name_apply(understand->phrases, out, arena, err);
    return status == SAN_OK ? set_items(out, arena, err) : status;
}

/* ---- after the network ---- */

/* What finishing one call needs. */
struct finish {
    const struct understand *understand;
    const struct understand_request *prepared;
    struct san_arena *arena;
    struct san_error *err;
};

static bool same_words(const char *a, const char *b)
{
    char left[SAN_TEXT_MAX * 2], right[SAN_TEXT_MAX * 2];
    return san_normalize_to(left, sizeof(left), a, strlen(a), NULL) == SAN_OK &&
           san_normalize_to(right, sizeof(right), b, strlen(b), NULL) == SAN_OK && strcmp(left, right) == 0;
}

static const struct san_arg *network_arg(const struct san_call *call, const char *slot)
{
    for (size_t i = 0; i < call->arg_count; i++) {
        if (strcmp(call->args[i].slot, slot) == 0)
            return &call->args[i];
    }
    return NULL;
}

/* The item that an argument copies. Words alone do not tell a lock from a sensor of the same name: a domain
 * that the network wrote does. */
static const struct shortlist_item *copied_item(
    const struct finish *finish, const struct san_call *call, const struct san_arg *arg)
{
    const struct understand_request *prepared = finish->prepared;
    if (arg->type != SAN_VALUE_ITEM || arg->item < 0 || (size_t)arg->item >= prepared->request.item_count)
        return NULL;
    const struct shortlist_item *item = &prepared->items[arg->item];
    const struct san_arg *domain = network_arg(call, "domain");
    if (!domain || strcmp(arg->slot, "name") != 0 || strcmp(domain->text, item->kind) == 0)
        return item;
    for (size_t i = 0; i < prepared->request.item_count; i++) {
        const struct shortlist_item *other = &prepared->items[i];
        if (strcmp(other->kind, domain->text) == 0 && same_words(other->text, item->text))
            return other;
    }
    return item;
}

static enum san_status add_text(
    const struct finish *finish, struct home_call *call, const char *slot, const char *text)
{
    if (call->arg_count == HOME_ARGS_MAX)
        return san_fail(finish->err, SAN_ELIMIT, "%s has more than %d arguments", call->tool, HOME_ARGS_MAX);
    struct home_arg *arg = &call->args[call->arg_count];
    arg->slot = san_arena_strndup(finish->arena, slot, strlen(slot));
    arg->text = san_arena_strndup(finish->arena, text, strlen(text));
    if (!arg->slot || !arg->text)
        return san_fail(finish->err, SAN_ENOMEM, "out of memory for a call");
    call->arg_count++;
    return SAN_OK;
}

/* "The |lasagne's| timer" is called lasagne. */
static size_t without_genitive(const char *text)
{
    static const char *const endings[] = {"'s", "\u2019s"};
    size_t len = strlen(text);
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
        size_t ending = strlen(endings[i]);
        if (len > ending && strcmp(text + len - ending, endings[i]) == 0)
            return len - ending;
    }
    return len;
}

static enum san_status add_arg(const struct finish *finish, const struct san_call *from,
    const struct san_arg *arg, struct understood_call *out)
{
    if (arg->type == SAN_VALUE_NONE) {
        out->missing = san_arena_strndup(finish->arena, arg->slot, strlen(arg->slot));
        return out->missing ? SAN_OK : san_fail(finish->err, SAN_ENOMEM, "out of memory for a call");
    }
    const struct shortlist_item *item = copied_item(finish, from, arg);
    enum san_status status = add_text(finish, &out->call, arg->slot, item ? item->name : arg->text);
    if (status == SAN_OK && arg->type == SAN_VALUE_SPAN && strcmp(arg->slot, "name") == 0) {
        struct home_arg *added = &out->call.args[out->call.arg_count - 1];
        added->text = san_arena_strndup(finish->arena, arg->text, without_genitive(arg->text));
        status = added->text ? SAN_OK : san_fail(finish->err, SAN_ENOMEM, "out of memory for a name");
    }
    if (status == SAN_OK && arg->type == SAN_VALUE_NUMBER) {
        struct home_arg *added = &out->call.args[out->call.arg_count - 1];
        added->number = arg->number;
        added->is_number = true;
    }
    return status;
}

/* A name decides its domain: one that contradicts it goes, and one that the convention wants is added. */
static enum san_status complete_domain(
    const struct finish *finish, const struct san_call *from, struct understood_call *out)
{
    const struct san_arg *name = network_arg(from, "name");
    const struct shortlist_item *item = name ? copied_item(finish, from, name) : NULL;
    if (!item)
        return SAN_OK;
    out->kind = item->kind;
    return call_fit_domain(&out->call, item->kind)
               ? SAN_OK
               : san_fail(
                     finish->err, SAN_ELIMIT, "%s has more than %d arguments", from->tool, HOME_ARGS_MAX);
}

/* The end of the last thing of the home that was said right behind the words before `end`, or `end`. */
static size_t end_with_things(const struct finish *finish, size_t end)
{
    enum { NEAR = 3 }; /* "in the bedroom" */
    const struct understand_request *prepared = finish->prepared;
    size_t whole = end;
    for (size_t i = 0; end < prepared->words.count && i < prepared->request.item_count; i++) {
        struct evidence found = evidence_find(&prepared->words, prepared->items[i].text, finish->arena);
        uint64_t behind = found.where >> end;
        if (found.said < found.of || !(behind & ((1ULL << NEAR) - 1)))
            continue;
        while (whole < prepared->words.count && behind >> (whole - end))
            whole++;
    }
    return whole;
}

/* "The lights off in the bedroom | in one hour": a room or a thing that was said right behind a command for
 * later belongs to it, lest it be about more than was meant when its time comes. */
static enum san_status complete_command(const struct finish *finish, struct understood_call *out)
{
    const struct san_words *said = &finish->prepared->words;
    const char *command = home_call_text(&out->call, "conversation_command");
    struct san_words words, whole;
    if (!command || san_normalize(finish->arena, command, strlen(command), &words, NULL) != SAN_OK)
        return SAN_OK;
    size_t begin = words_find(said, &words);
    if (begin == said->count)
        return SAN_OK;
    whole = (struct san_words){
        .word = said->word + begin, .count = end_with_things(finish, begin + words.count) - begin};
    if (whole.count == words.count)
        return SAN_OK;
    const char *text;
    enum san_status status = join_words(&whole, finish->arena, &text, finish->err);
    for (size_t i = 0; status == SAN_OK && i < out->call.arg_count; i++)
        if (strcmp(out->call.args[i].slot, "conversation_command") == 0)
            out->call.args[i].text = text;
    return status;
}

/* "Tell everyone |the| tea is ready": the network begins copied words behind an article, and a message loses
 * its own. */
static enum san_status complete_message(const struct finish *finish, struct understood_call *out)
{
    const struct san_words *said = &finish->prepared->words;
    const char *message = home_call_text(&out->call, "message");
    struct san_words words;
    if (!message || !finish->understand->phrases ||
        san_normalize(finish->arena, message, strlen(message), &words, NULL) != SAN_OK)
        return SAN_OK;
    size_t begin = words_find(said, &words);
    if (begin == 0 || begin == said->count ||
        !phrases_has_word(finish->understand->phrases, "determiners", said->word[begin - 1].text))
        return SAN_OK;
    const char *text =
        san_arena_strndup(finish->arena, finish->prepared->request.text + said->word[begin - 1].begin,
            said->word[begin + words.count - 1].end - said->word[begin - 1].begin);
    if (!text)
        return san_fail(finish->err, SAN_ENOMEM, "out of memory for a message");
    for (size_t i = 0; i < out->call.arg_count; i++)
        if (strcmp(out->call.args[i].slot, "message") == 0)
            out->call.args[i].text = text;
    return SAN_OK;
}

static enum san_status finish_call(
    const struct finish *finish, const struct san_call *from, struct understood_call *out)
{
    *out = (struct understood_call){.confidence = (double)from->confidence,
        .missing = "",
        .leftover = "",
        .unproven = "",
        .overlooked = "",
        .kind = ""};
    out->call.tool = san_arena_strndup(finish->arena, from->tool, strlen(from->tool));
    if (!out->call.tool)
        return san_fail(finish->err, SAN_ENOMEM, "out of memory for a call");
    for (size_t i = 0; i < from->arg_count; i++) {
        enum san_status status = add_arg(finish, from, &from->args[i], out);
        if (status != SAN_OK)
            return status;
        if (!borne_out(finish->understand, finish->prepared, from, &from->args[i], finish->arena))
            out->unproven = out->call.args[out->call.arg_count - 1].slot;
    }
    enum san_status status = complete_command(finish, out);
    if (status == SAN_OK)
        status = complete_message(finish, out);
    if (status == SAN_OK)
        status = complete_domain(finish, from, out);
    if (status == SAN_OK && contrary(finish->understand->phrases, &finish->prepared->words, out))
        out->unproven = "domain";
    return status;
}

enum san_status understand_finish(const struct understand *understand,
    const struct understand_request *prepared, const struct san_result *result, struct san_arena *arena,
    struct understood *out, struct san_error *err)
{
    const struct finish finish = {.understand = understand, .prepared = prepared, .arena = arena, .err = err};
    *out = (struct understood){.confidence = (double)result->confidence};
    out->calls = san_arena_alloc(arena, result->call_count * sizeof(*out->calls));
    if (!out->calls)
        return san_fail(err, SAN_ENOMEM, "out of memory for %zu calls", result->call_count);
    for (size_t i = 0; i < result->call_count; i++) {
        enum san_status status = finish_call(&finish, &result->calls[i], &out->calls[i]);
        if (status != SAN_OK)
            return status;
    }
    out->call_count = result->call_count;
    fraction_apply(prepared, out, arena);
    enum san_status status = item_list_apply(prepared, out, arena, err);
    if (status == SAN_OK)
        status = mention_apply(understand->registry, prepared, out, arena, err);
    if (status != SAN_OK)
        return status;
    leftover_apply(understand, prepared, out, arena);
    carry_apply(understand, prepared, out, arena);
    other_kind_apply(understand, prepared, out, arena);
    said_kind_apply(understand, prepared, out, arena);
    whole_name_near(understand->registry, prepared, out, arena);
    whole_name_left(understand, prepared, out, arena);
    if (whole_name_apply(understand, prepared, out, arena))
        leftover_apply(understand, prepared, out, arena);
    status = both_apply(understand, prepared, out, arena, err);
    if (status != SAN_OK)
        return status;
    aside_apply(understand, prepared, out, arena);
    return namesake_apply(understand->registry, prepared, out, arena, err);
}

const char *understand_in_order(
    const struct understand_request *prepared, const struct understood *understood)
{
    return except_may_be_copied(understood) ? NULL : prepared->in_order;
}
