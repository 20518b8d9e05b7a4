/* alias_learn.c - see alias_learn.h. */
#include "daemon/alias_learn.h"

#include <cjson/cJSON.h>
#include <string.h>

enum {
    WORDS_MAX = 64,      /* SAN_WORDS_MAX */
    ALIAS_WORDS_MAX = 5, /* more is a sentence, not a name */
};

struct learning {
    struct registry *registry;
    struct san_arena *arena;
    struct alias_suggestion *found;
    size_t count;
};

/* A normalised sentence, cut into its words. */
struct sentence {
    const char *word[WORDS_MAX];
    size_t count;
};

/* Words [begin, end) of a sentence. */
struct span {
    size_t begin, end;
};

static bool is_one_of(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

static bool was_refused(const struct reg_audit *row)
{
    static const char *const outcomes[] = {"refused", "unhandled"};
    return is_one_of(row->outcome, outcomes, sizeof(outcomes) / sizeof(*outcomes));
}

static bool was_done(const struct reg_audit *row)
{
    static const char *const outcomes[] = {"done", "sent", "silent"};
    return is_one_of(row->outcome, outcomes, sizeof(outcomes) / sizeof(*outcomes));
}

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text ? text : "";
}

static const cJSON *item_of(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* ---- two sentences ---- */

static bool cut(struct learning *learning, const char *normalized, struct sentence *out)
{
    char *text = san_arena_strndup(learning->arena, normalized, strlen(normalized)), *rest = NULL;
    out->count = 0;
    for (char *word = text ? strtok_r(text, " ", &rest) : NULL; word; word = strtok_r(NULL, " ", &rest)) {
        if (out->count == WORDS_MAX)
            return false;
        out->word[out->count++] = word;
    }
    return out->count > 0;
}

static bool bears_out(const cJSON *said, const char *word)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, said)
    {
        if (cJSON_IsString(one) && strcmp(one->valuestring, word) == 0)
            return true;
    }
    return false;
}

static bool is_article(const char *word)
{
    static const char *const articles[] = {"the", "my", "our", "a", "an"};
    return is_one_of(word, articles, sizeof(articles) / sizeof(*articles));
}

/* Where they differ, once all words of the name are counted in: "big light" and "kitchen ceiling". */
static void differ(const struct sentence *before, const struct sentence *after, const cJSON *said,
    struct span *old, struct span *new)
{
    size_t least = before->count < after->count ? before->count : after->count, prefix = 0, suffix = 0;
    while (prefix < least && strcmp(before->word[prefix], after->word[prefix]) == 0)
        prefix++;
    while (suffix < least - prefix &&
           strcmp(before->word[before->count - 1 - suffix], after->word[after->count - 1 - suffix]) == 0)
        suffix++;
    while (prefix > 0 && bears_out(said, after->word[prefix - 1]))
        prefix--;
    while (suffix > 0 && bears_out(said, after->word[after->count - suffix]))
        suffix--;
    *old = (struct span){prefix, before->count - suffix};
    *new = (struct span){prefix, after->count - suffix};
}

/* The words of the span as an alias, or NULL if they make none. */
static const char *alias_of(struct learning *learning, const struct sentence *sentence, struct span span)
{
    while (span.begin < span.end && is_article(sentence->word[span.begin]))
        span.begin++;
    if (span.begin >= span.end || span.end - span.begin > ALIAS_WORDS_MAX)
        return NULL;
    size_t size = 1;
    for (size_t i = span.begin; i < span.end; i++)
        size += strlen(sentence->word[i]) + 1;
    char *alias = san_arena_alloc(learning->arena, size);
    if (!alias || size > HOME_NAME_MAX)
        return NULL;
    alias[0] = '\0';
    for (size_t i = span.begin; i < span.end; i++)
        strcat(strcat(alias, i > span.begin ? " " : ""), sentence->word[i]);
    return alias[strcspn(alias, "0123456789")] ? NULL : alias;
}

/* What the name was called before, if the words around it are the same; else NULL. */
static const char *other_name(
    struct learning *learning, const char *before, const char *after, const cJSON *said)
{
    struct sentence first, second;
    struct span old, new;
    if (!cut(learning, before, &first) || !cut(learning, after, &second))
        return NULL;
    differ(&first, &second, said, &old, &new);
    bool named = false;
    for (size_t i = new.begin; i < new.end; i++) {
        bool part = bears_out(said, second.word[i]);
        if (!part && !is_article(second.word[i]))
            return NULL;
        named = named || part;
    }
    bool around = old.begin > 0 || old.end < first.count; /* else they have nothing in common */
    return named && around ? alias_of(learning, &first, old) : NULL;
}

/* ---- the home ---- */

static bool is_taken(struct learning *learning, const char *alias)
{
    struct home_entity *rows;
    size_t count = 0;
    if (reg_find_area(learning->registry, alias) || reg_find_floor(learning->registry, alias))
        return true;
    return reg_entities(learning->registry, &(struct reg_filter){.name = alias}, learning->arena, &rows,
               &count, NULL) != SAN_OK ||
           count > 0;
}

static const char *keep(struct learning *learning, const char *text)
{
    return san_arena_strndup(learning->arena, text, strlen(text));
}

static struct alias_suggestion *find(struct learning *learning, const struct alias_suggestion *one)
{
    for (size_t i = 0; i < learning->count; i++) {
        struct alias_suggestion *known = &learning->found[i];
        if (strcmp(known->kind, one->kind) == 0 && strcmp(known->of, one->of) == 0 &&
            strcmp(known->alias, one->alias) == 0)
            return known;
    }
    return NULL;
}

static void propose(struct learning *learning, const struct alias_suggestion *one)
{
    struct alias_suggestion *known = find(learning, one);
    if (known) {
        known->count++;
        return;
    }
    if (learning->count == ALIAS_LEARN_MAX || is_taken(learning, one->alias))
        return;
    learning->found[learning->count++] = (struct alias_suggestion){.kind = one->kind,
        .of = keep(learning, one->of),
        .name = keep(learning, one->name),
        .alias = one->alias,
        .heard = one->heard,
        .then = one->then,
        .count = 1};
}

/* ---- two rows ---- */

/* What a call's argument names; of is "" if that is not one thing. */
static struct alias_suggestion thing_of(const cJSON *action, const cJSON *evidence)
{
    const cJSON *entities = item_of(action, "entities");
    const char *slot = text_of(evidence, "slot"), *value = text_of(evidence, "value");
    if (strcmp(slot, "area") == 0)
        return (struct alias_suggestion){.kind = "area", .of = value, .name = value};
    if (strcmp(slot, "floor") == 0)
        return (struct alias_suggestion){.kind = "floor", .of = value, .name = value};
    bool one = cJSON_GetArraySize(entities) == 1;
    return (struct alias_suggestion){
        .kind = "entity", .of = one ? text_of(entities->child, "entity_id") : "", .name = value};
}

static void compare(struct learning *learning, const struct reg_audit *before, const cJSON *old,
    const struct reg_audit *after, const cJSON *new)
{
    const cJSON *calls = item_of(new, "calls"), *actions = item_of(new, "actions"), *evidence;
    if (cJSON_GetArraySize(calls) != 1 || cJSON_GetArraySize(actions) != 1 ||
        strcmp(text_of(old, "area"), text_of(new, "area")) != 0)
        return;
    cJSON_ArrayForEach(evidence, item_of(calls->child, "evidence"))
    {
        struct alias_suggestion one = thing_of(actions->child, evidence);
        one.alias = one.of[0] ? other_name(learning, text_of(old, "normalized"), text_of(new, "normalized"),
                                    item_of(evidence, "said"))
                              : NULL;
        one.heard = before->text;
        one.then = after->text;
        if (one.alias)
            propose(learning, &one);
    }
}

/* The refused sentences shortly before the one that was done; the rows after it are older. */
static void look_back(struct learning *learning, const struct reg_audit *rows, size_t count)
{
    cJSON *new = NULL;
    for (size_t i = 1; i < count && rows[0].time_ms - rows[i].time_ms <= ALIAS_LEARN_SPAN_MS; i++) {
        if (!was_refused(&rows[i]) || strcmp(rows[i].source, rows[0].source) != 0)
            continue;
        cJSON *old = cJSON_Parse(rows[i].detail);
        new = new ? new : cJSON_Parse(rows[0].detail);
        compare(learning, &rows[i], old, &rows[0], new);
        cJSON_Delete(old);
    }
    cJSON_Delete(new);
}

enum san_status alias_learn(struct registry *registry, const struct reg_audit *rows, size_t row_count,
    struct san_arena *arena, struct alias_suggestion **out, size_t *count, struct san_error *err)
{
    struct learning learning = {.registry = registry, .arena = arena};
    learning.found = san_arena_alloc(arena, ALIAS_LEARN_MAX * sizeof(*learning.found));
    *count = 0;
    if (!learning.found)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    for (size_t i = 0; i < row_count; i++)
        if (was_done(&rows[i]))
            look_back(&learning, rows + i, row_count - i);
    *out = learning.found;
    *count = learning.count;
    return SAN_OK;
}
