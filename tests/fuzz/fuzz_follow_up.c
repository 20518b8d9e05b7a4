/* Any two sentences, one after the other: times, exceptions and follow-ups are found, or are not. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/except.h"
#include "daemon/follow_up.h"
#include "daemon/memory.h"
#include "devices/home_file.h"

static const char home[] =
    "{\"floors\":[{\"name\":\"First floor\",\"aliases\":[\"upstairs\"]}],"
    "\"areas\":[{\"name\":\"Bedroom\",\"floor\":\"First floor\"},{\"name\":\"Kitchen\"}],"
    "\"entities\":["
    "{\"entity_id\":\"light.bedside\",\"name\":\"Bedside lamp\",\"area\":\"Bedroom\",\"domain\":\"light\"},"
    "{\"entity_id\":\"light.counter\",\"name\":\"Counter "
    "light\",\"area\":\"Kitchen\",\"domain\":\"light\"}]}";

static struct understand understand;
static struct phrases *phrases;

static void start(void)
{
    struct san_error err = {0};
    phrases = phrases_load("schemas/phrases_en.json", &err);
    understand.registry = reg_open(":memory:", &err);
    if (!phrases || !understand.registry ||
        home_import(understand.registry, home, strlen(home), "home", &err) != SAN_OK) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    understand.shortlist = shortlist_new(understand.registry);
}

static void check_time(const struct san_words *words)
{
    struct clock_time time;
    const int64_t now = 1748871000000;
    if (!clock_find(words, &time))
        return;
    if (time.begin >= time.end || time.end > words->count || time.hour < 0 || time.hour > 23 ||
        clock_next(&time, now) <= now)
        abort();
}

static void check_exception(const struct understand_request *prepared, struct san_arena *arena)
{
    struct except except;
    size_t begin = except_find(phrases, &prepared->words);
    if (begin < prepared->words.count &&
        except_read(phrases, &understand, prepared, begin, arena, &except, NULL) == SAN_OK &&
        !except.part_count && !except.unknown)
        abort(); /* an exception that excepts nothing */
}

/* What was said before, taken for that call. */
static void check_follow_up(
    const char *before, const char *name, const struct understand_request *prepared, struct san_arena *arena)
{
    struct home_call call = {.tool = "HassTurnOn", .arg_count = 1};
    const char *kind = "light";
    call.args[0] = (struct home_arg){.slot = name[0] == 'K' ? "area" : "name", .text = name};
    const struct recollection last = {
        .text = before, .calls = &call, .kinds = &kind, .call_count = 1, .missing = "", .except = ""};
    const struct understood nothing = {0};
    const struct follow_up_in in = {.phrases = phrases,
        .understand = &understand,
        .last = &last,
        .prepared = prepared,
        .understood = &nothing,
        .arena = arena};
    struct follow_up follow_up;
    follow_up_complete(&in, &follow_up);
    if (follow_up.kind != FOLLOW_UP_NONE && strlen(follow_up.text) >= SAN_TEXT_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!phrases)
        start();
    struct san_arena *arena = san_arena_new(4096, 0);
    char *text = san_arena_strndup(arena, (const char *)data, size);
    char *after = text ? strchr(text, '\n') : NULL;
    struct understand_request prepared;
    if (after)
        *after++ = '\0';
    if (after && understand_prepare(&understand, after, NULL, arena, &prepared, NULL) == SAN_OK) {
        check_time(&prepared.words);
        check_exception(&prepared, arena);
        check_follow_up(text, "Bedside lamp", &prepared, arena);
        check_follow_up(text, "Kitchen", &prepared, arena);
    }
    san_arena_free(arena);
    return 0;
}
