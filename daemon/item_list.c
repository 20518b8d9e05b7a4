/* item_list.c - see item_list.h. */
#include "item_list.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 6 }; /* of one item: more are a sentence */

/* A part of the text: [begin, end). */
struct part {
    const char *begin, *end;
};

struct parts {
    struct part part[ITEM_LIST_MAX];
    size_t count;
    bool too_many;
};

/* ---- parts of an enumeration ---- */

static size_t len_of(struct part part)
{
    return (size_t)(part.end - part.begin);
}

static bool begins_with_word(struct part part, const char *word)
{
    size_t len = strlen(word);
    return len_of(part) > len && strncasecmp(part.begin, word, len) == 0 &&
           isspace((unsigned char)part.begin[len]);
}

/* Without spaces around it, nor "and the" in front. */
static struct part trimmed(struct part part)
{
    static const char *const before[] = {"and", "also", "the", "some", "a", "an"};
    for (bool again = true; again;) {
        again = false;
        while (part.begin < part.end && isspace((unsigned char)*part.begin))
            part.begin++;
        while (part.begin < part.end && isspace((unsigned char)part.end[-1]))
            part.end--;
        for (size_t i = 0; i < sizeof(before) / sizeof(*before) && !again; i++)
            if ((again = begins_with_word(part, before[i])))
                part.begin += strlen(before[i]);
    }
    return part;
}

static struct part without_space(struct part part, size_t from)
{
    part.begin += from;
    while (part.begin < part.end && isspace((unsigned char)*part.begin))
        part.begin++;
    return part;
}

/* "|Along with the| eggs", "|with some| biscuits": without the words that join it to the item before, where
 * an article follows them; those of "curry, with rice" may be a part of it. */
static struct part without_joint(struct part part)
{
    static const char *const joints[] = {"and", "also", "plus", "along", "together", "with"};
    static const char *const articles[] = {"the", "some", "a", "an"};
    struct part rest = part;
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < sizeof(joints) / sizeof(*joints) && !again; i++)
            if ((again = begins_with_word(rest, joints[i])))
                rest = without_space(rest, strlen(joints[i]));
    }
    for (size_t i = 0; rest.begin > part.begin && i < sizeof(articles) / sizeof(*articles); i++)
        if (begins_with_word(rest, articles[i]))
            return trimmed(rest);
    return part;
}

static size_t words_in(struct part part)
{
    size_t count = 0;
    for (const char *c = part.begin; c < part.end; c++)
        count += !isspace((unsigned char)*c) && (c == part.begin || isspace((unsigned char)c[-1]));
    return count;
}

static void add_part(struct parts *parts, struct part part)
{
    part = trimmed(part);
    size_t words = words_in(part);
    if (words == 0)
        return;
    if (parts->count == ITEM_LIST_MAX || words > WORDS_MAX)
        parts->too_many = true;
    else
        parts->part[parts->count++] = part;
}

static bool is_item(const struct understood *understood, size_t begin, size_t end, struct part part)
{
    for (size_t i = begin; i < end; i++) {
        const char *item = home_call_text(&understood->calls[i].call, "item");
        if (strlen(item) == len_of(part) && strncasecmp(item, part.begin, len_of(part)) == 0)
            return true;
    }
    return false;
}

/* The last " and " of a part, or NULL. */
static const char *last_and(struct part part)
{
    const char *found = NULL;
    for (const char *c = part.begin; c + 5 <= part.end; c++)
        if (strncasecmp(c, " and ", 5) == 0)
            found = c;
    return found;
}

/* "Milk" of "bread, milk and marmalade": what the network took for one thing ("fish and chips") stays one. */
static void add_between_commas(
    const struct understood *understood, size_t begin, size_t end, struct part part, struct parts *parts)
{
    const char *and = last_and(part);
    if (!and || is_item(understood, begin, end, trimmed(part))) {
        add_part(parts, part);
        return;
    }
    add_part(parts, (struct part){part.begin, and});
    add_part(parts, (struct part){and+5, part.end});
}

static void split(
    const struct understood *understood, size_t begin, size_t end, struct part all, struct parts *out)
{
    *out = (struct parts){0};
    for (const char *comma; (comma = memchr(all.begin, ',', len_of(all))); all.begin = comma + 1)
        add_between_commas(understood, begin, end, (struct part){all.begin, comma}, out);
    add_between_commas(understood, begin, end, all, out);
}

/* ---- calls ---- */

/* Do both put things on one list? */
static bool is_same_list(const struct home_call *a, const struct home_call *b)
{
    const char *name = home_call_text(a, "name"), *other = home_call_text(b, "name");
    return strcmp(a->tool, b->tool) == 0 && home_call_arg(b, "item") && !name == !other &&
           (!name || strcmp(name, other) == 0);
}

static size_t end_of_run(const struct understood *understood, size_t begin)
{
    size_t end = begin + 1;
    while (end < understood->call_count &&
           is_same_list(&understood->calls[begin].call, &understood->calls[end].call))
        end++;
    return end;
}

/* From the first of their items to the end of the last, as they stand in the text in this order; or nothing.
 */
static struct part said(const char *text, const struct understood *understood, size_t begin, size_t end)
{
    struct part all = {NULL, NULL};
    for (size_t i = begin; i < end; i++) {
        const char *item = home_call_text(&understood->calls[i].call, "item");
        const char *found = strstr(all.end ? all.end : text, item);
        if (!found && all.begin && (found = strstr(all.begin, item)) && found < all.end)
            continue; /* "chips" behind "fish and chips" */
        if (!found)
            return (struct part){NULL, NULL};
        all = (struct part){all.begin ? all.begin : found, found + strlen(item)};
    }
    return all;
}

static bool holds(struct part part, const char *item)
{
    size_t len = strlen(item);
    for (const char *c = part.begin; c + len <= part.end; c++)
        if (strncasecmp(c, item, len) == 0)
            return true;
    return false;
}

/* "Milk on the list, eggs as well": the part holds an item, and is more than that. */
static bool is_more(const struct understood *understood, size_t begin, size_t end, struct part part)
{
    for (size_t i = begin; i < end; i++)
        if (holds(part, home_call_text(&understood->calls[i].call, "item")))
            return !is_item(understood, begin, end, part);
    return false;
}

/* Is every item of the calls one of the parts, or several of them? */
static bool are_parts(
    const struct understood *understood, size_t begin, size_t end, const struct parts *parts)
{
    for (size_t p = 0; p < parts->count; p++)
        if (is_more(understood, begin, end, parts->part[p]))
            return false;
    for (size_t i = begin; i < end; i++) {
        const char *item = home_call_text(&understood->calls[i].call, "item");
        bool found = strchr(item, ',');
        for (size_t p = 0; p < parts->count; p++)
            found = found || holds(parts->part[p], item);
        if (!found)
            return false;
    }
    return true;
}

/* False: out of memory. */
static bool put_item(struct home_call *call, struct part part, struct san_arena *arena)
{
    const char *text = san_arena_strndup(arena, part.begin, len_of(part));
    for (size_t a = 0; text && a < call->arg_count; a++)
        if (strcmp(call->args[a].slot, "item") == 0)
            call->args[a].text = text;
    return text;
}

/* The calls with those of the run exchanged for one a part. */
static enum san_status put_parts(const struct parts *parts, size_t begin, size_t end,
    struct understood *understood, struct san_arena *arena, struct san_error *err)
{
    size_t count = understood->call_count - (end - begin) + parts->count;
    struct understood_call *calls = san_arena_alloc(arena, count * sizeof(*calls));
    if (!calls)
        return san_fail(err, SAN_ENOMEM, "out of memory for %zu items of a list", parts->count);
    memcpy(calls, understood->calls, begin * sizeof(*calls));
    for (size_t p = 0; p < parts->count; p++) {
        struct understood_call *call = &calls[begin + p];
        *call = understood->calls[begin + p < end ? begin + p : end - 1];
        if (!put_item(&call->call, parts->part[p], arena))
            return san_fail(err, SAN_ENOMEM, "out of memory for an item of a list");
    }
    memcpy(calls + begin + parts->count, understood->calls + end,
        (understood->call_count - end) * sizeof(*calls));
    understood->calls = calls;
    understood->call_count = count;
    return SAN_OK;
}

/* Where one item ends and the next begins, the network may doubt; that they are to be put down, less so. */
static void share_confidence(struct understood *understood, size_t begin, size_t end)
{
    double sum = 0;
    for (size_t i = begin; i < end; i++) {
        sum += understood->calls[i].confidence;
        if (understood->calls[i].confidence < UNDERSTAND_ASK_CONFIDENCE)
            return;
    }
    for (size_t i = begin; i < end; i++)
        understood->calls[i].confidence = sum / (double)(end - begin);
}

/* One run of calls; *end becomes the end of what it is now. */
static enum san_status apply_run(const struct understand_request *prepared, size_t begin, size_t *end,
    struct understood *understood, struct san_arena *arena, struct san_error *err)
{
    struct part all = said(prepared->request.text, understood, begin, *end);
    struct parts parts;
    if (!all.begin || !memchr(all.begin, ',', len_of(all)))
        return SAN_OK;
    split(understood, begin, *end, all, &parts);
    if (parts.count < *end - begin || parts.too_many || !are_parts(understood, begin, *end, &parts))
        return SAN_OK;
    enum san_status status = put_parts(&parts, begin, *end, understood, arena, err);
    *end = begin + parts.count;
    return status;
}

/* Every item of the run but the first, without what joins it to the one before. */
static enum san_status take_joints(
    struct understood *understood, size_t begin, size_t end, struct san_arena *arena, struct san_error *err)
{
    for (size_t i = begin + 1; i < end; i++) {
        struct home_call *call = &understood->calls[i].call;
        const char *item = home_call_text(call, "item");
        struct part part = without_joint((struct part){item, item + strlen(item)});
        if (len_of(part) == strlen(item))
            continue;
        if (!put_item(call, part, arena))
            return san_fail(err, SAN_ENOMEM, "out of memory for an item of a list");
    }
    return SAN_OK;
}

enum san_status item_list_apply(const struct understand_request *prepared, struct understood *understood,
    struct san_arena *arena, struct san_error *err)
{
    enum san_status status = SAN_OK;
    for (size_t begin = 0, end = 0; status == SAN_OK && begin < understood->call_count; begin = end) {
        end = begin + 1;
        if (!home_call_arg(&understood->calls[begin].call, "item"))
            continue;
        end = end_of_run(understood, begin);
        status = apply_run(prepared, begin, &end, understood, arena, err);
        if (status == SAN_OK)
            status = take_joints(understood, begin, end, arena, err);
        share_confidence(understood, begin, end);
    }
    return status;
}
