/* timers.c - see timers.h. The registry's table is the only list of timers; here is the clock, and what
 * people may ask for. */
#include "timers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config.h"
#include "devices/timers.h"
#include "inventory.h"
#include "log.h"
#include "mqtt.h"
#include "phrases.h"
#include "pipeline.h"
#include "wording.h"

enum {
    LOOK_AGAIN_MS = 30000, /* the wall clock may be set: never sleep longer than this */
    ARENA_BLOCK = 16384,
};

struct timers {
    struct hearthd *daemon;
    uv_timer_t clock;
    bool stopped;
};

/* What one request works with. */
struct request {
    struct timers *timers;
    struct utterance *utterance;
    struct action *action;
    struct reg_timer *rows; /* those that are meant */
    size_t count;
    int64_t now;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t left_ms(const struct reg_timer *timer, int64_t now)
{
    int64_t left = timer->end_ms ? timer->end_ms - now : timer->left_ms;
    return left > 0 ? left : 0;
}

/* ---- words ---- */

const char *timers_duration(const struct phrases *phrases, struct san_arena *arena, int64_t ms)
{
    static const char *const units[] = {"hour", "minute", "second"};
    int64_t seconds = (ms + 500) / 1000;
    const int64_t amounts[] = {seconds / 3600, seconds / 60 % 60, seconds % 60};
    const char *parts[3];
    size_t count = 0;
    for (size_t i = 0; i < 3; i++) {
        if (!amounts[i] && (i < 2 || count))
            continue;
        const struct phrase_var vars[] = {{"count", wording_number(arena, (size_t)amounts[i])}, {0}};
        char key[16];
        snprintf(key, sizeof(key), "%s%s", units[i], amounts[i] == 1 ? "" : "s");
        parts[count++] = phrases_fill(phrases, "timers", key, arena, vars, NULL);
    }
    return wording_list(phrases, arena, parts, count, "a_and_b");
}

/* "the pizza timer", "the timer of 5 minutes", "'turn off the fan'". */
static const char *title(
    const struct phrases *phrases, struct san_arena *arena, const struct reg_timer *timer)
{
    const struct phrase_var vars[] = {{"name", timer->name}, {"command", timer->command},
        {"total", timers_duration(phrases, arena, timer->total_ms)}, {0}};
    const char *key = timer->name[0] ? "title_named" : timer->command[0] ? "title_command" : "title";
    return phrases_fill(phrases, "timers", key, arena, vars, NULL);
}

/* "at 7:00 AM", "Tuesday at 7:00 AM" if that is another day. */
static const char *clock_words(
    const struct phrases *phrases, struct san_arena *arena, int64_t when_ms, int64_t now)
{
    time_t then_s = (time_t)(when_ms / 1000), now_s = (time_t)(now / 1000);
    struct tm then, today;
    char time[64] = "", day[64] = "";
    localtime_r(&then_s, &then);
    localtime_r(&now_s, &today);
    const char *format = phrases_get(phrases, "answers", "time_format");
    if (!format || !strftime(time, sizeof(time), format, &then))
        time[0] = '\0';
    if (!strftime(day, sizeof(day), "%A", &then))
        day[0] = '\0';
    const struct phrase_var vars[] = {{"time", time}, {"day", day}, {0}};
    const char *key = then.tm_yday == today.tm_yday ? "at" : "at_day";
    return phrases_fill(phrases, "timers", key, arena, vars, NULL);
}

/* Answers with a phrase about one timer (or none). */
static void say(struct request *request, const char *key, const struct reg_timer *timer)
{
    const struct phrases *phrases = request->timers->daemon->phrases;
    struct san_arena *arena = request->utterance->arena;
    const struct phrase_var vars[] = {{"title", timer ? title(phrases, arena, timer) : ""},
        {"name", timer ? timer->name : ""}, {"command", timer ? timer->command : ""},
        {"total", timer ? timers_duration(phrases, arena, timer->total_ms) : ""},
        {"left", timer ? timers_duration(phrases, arena, left_ms(timer, request->now)) : ""},
        {"at", timer ? clock_words(phrases, arena, timer->end_ms, request->now) : ""},
        {"count", wording_number(arena, request->count)}, {0}};
    const char *text = phrases_fill(phrases, "timers", key, arena, vars, NULL);
    request->action->answer = wording_sentence(arena, text);
    request->action->outcome = OUTCOME_DONE;
}

static void refuse(struct request *request, const char *key)
{
    say(request, key, NULL);
    request->action->outcome = OUTCOME_REFUSED;
}

static void fail(struct request *request, const struct san_error *error)
{
    request->action->outcome = OUTCOME_FAILED;
    request->action->detail = utterance_print(request->utterance, "%s", error->text);
}

/* ---- which timers are meant ---- */

static int64_t seconds_of(const struct home_call *call, const char *prefix)
{
    static const struct {
        const char *slot;
        int64_t seconds;
    } parts[] = {{"hours", 3600}, {"minutes", 60}, {"seconds", 1}};
    int64_t total = 0;
    for (size_t i = 0; i < 3; i++) {
        char slot[32];
        snprintf(slot, sizeof(slot), "%s%s", prefix, parts[i].slot);
        const struct home_arg *arg = home_call_arg(call, slot);
        if (arg && arg->is_number && arg->number > 0)
            total += (int64_t)arg->number * parts[i].seconds;
    }
    return total;
}

static bool same_words(const char *a, const char *b)
{
    char left[SAN_TEXT_MAX], right[SAN_TEXT_MAX];
    return san_normalize_to(left, sizeof(left), a, strlen(a), NULL) == SAN_OK &&
           san_normalize_to(right, sizeof(right), b, strlen(b), NULL) == SAN_OK && strcmp(left, right) == 0;
}

static bool is_meant(const struct home_call *call, const struct reg_timer *timer)
{
    const char *name = home_call_text(call, "name"), *area = home_call_text(call, "area");
    int64_t start = seconds_of(call, "start_");
    return (!name || same_words(name, timer->name)) && (!area || same_words(area, timer->area)) &&
           (!start || start * 1000 == timer->total_ms);
}

/* Keeps the timers of the speaker's room, if there are any. */
static void prefer_room(struct request *request)
{
    size_t kept = 0;
    for (size_t i = 0; i < request->count; i++)
        kept += strcmp(request->rows[i].area, request->utterance->area) == 0;
    if (!kept || !request->utterance->area[0])
        return;
    kept = 0;
    for (size_t i = 0; i < request->count; i++)
        if (strcmp(request->rows[i].area, request->utterance->area) == 0)
            request->rows[kept++] = request->rows[i];
    request->count = kept;
}

/* False with the action ended: the registry cannot be read, or there is no such timer. */
static bool find_timers(struct request *request)
{
    struct san_error error = {0};
    struct hearthd *daemon = request->timers->daemon;
    if (reg_timers(daemon->registry, request->utterance->arena, &request->rows, &request->count, &error) !=
        SAN_OK) {
        fail(request, &error);
        return false;
    }
    size_t all = request->count, kept = 0;
    for (size_t i = 0; i < all; i++)
        if (request->action->timer_id ? request->rows[i].id == request->action->timer_id
                                      : is_meant(&request->action->call, &request->rows[i]))
            request->rows[kept++] = request->rows[i];
    request->count = kept;
    if (!kept)
        refuse(request, all ? "none_such" : "none");
    return kept > 0;
}

/* As above; exactly one must be left. */
static struct reg_timer *find_one(struct request *request)
{
    if (!find_timers(request))
        return NULL;
    if (request->count > 1)
        prefer_room(request);
    if (request->count == 1)
        return &request->rows[0];
    refuse(request, "which");
    return NULL;
}

/* ---- what can be done ---- */

static void set_clock(struct timers *timers);

/* Writes the timer, and only then answers. */
static void put(struct request *request, struct reg_timer *timer, const char *key)
{
    struct san_error error = {0};
    inventory_commit(request->timers->daemon->inventory);
    if (reg_timer_put(request->timers->daemon->registry, timer, &error) != SAN_OK) {
        fail(request, &error);
        return;
    }
    set_clock(request->timers);
    say(request, key, timer);
}

static const char *status_key(const struct reg_timer *timer)
{
    if (timer->command[0])
        return timer->end_ms ? "status_command" : "status_command_paused";
    return timer->end_ms ? "status" : "status_paused";
}

static const char *start_key(const struct request *request, const struct reg_timer *timer)
{
    if (timer->command[0])
        return request->utterance->reading.time ? "started_at" : "started_command";
    return timer->name[0] ? "started_named" : "started";
}

static void start(struct request *request)
{
    struct action *action = request->action;
    const struct home_call *call = &action->call;
    const char *name = home_call_text(call, "name"), *command = home_call_text(call, "conversation_command");
    int64_t seconds = seconds_of(call, "");
    struct reg_timer *rows;
    size_t count = 0;
    reg_timers(request->timers->daemon->registry, request->utterance->arena, &rows, &count, NULL);
    if (!action->revives && (seconds < 1 || seconds > TIMERS_LONGEST_S)) {
        refuse(request, "bad_length");
        return;
    }
    if (count >= TIMERS_MAX) {
        refuse(request, "too_many");
        return;
    }
    struct reg_timer timer = {.name = name ? name : "",
        .area = request->utterance->area,
        .command = command ? command : "",
        .calls = action->turned_back ? action->turned_back : "",
        .total_ms = seconds * 1000,
        .end_ms = request->now + seconds * 1000};
    if (action->revives)
        timer = *action->revives;
    put(request, &timer, action->revives ? status_key(&timer) : start_key(request, &timer));
    action->timer_id = timer.id;
}

static void cancel(struct request *request)
{
    struct san_error error = {0};
    const struct reg_timer *timer = find_one(request);
    if (!timer)
        return;
    if (reg_timer_remove(request->timers->daemon->registry, timer->id, &error) == SAN_OK)
        say(request, "cancelled", timer);
    else
        fail(request, &error);
}

static void cancel_all(struct request *request)
{
    struct san_error error = {0};
    if (!find_timers(request))
        return;
    for (size_t i = 0; i < request->count; i++) {
        if (reg_timer_remove(request->timers->daemon->registry, request->rows[i].id, &error) == SAN_OK)
            continue;
        fail(request, &error);
        return;
    }
    say(request, request->count == 1 ? "cancelled" : "cancelled_all", &request->rows[0]);
}

static void change(struct request *request, int sign)
{
    struct reg_timer *timer = find_one(request);
    if (!timer)
        return;
    int64_t by = sign * seconds_of(&request->action->call, "") * 1000;
    int64_t left = left_ms(timer, request->now) + by;
    if (!by || left > (int64_t)TIMERS_LONGEST_S * 1000) {
        refuse(request, "bad_length");
        return;
    }
    left = left > 0 ? left : 0;
    if (timer->end_ms)
        timer->end_ms = request->now + left;
    else
        timer->left_ms = left;
    put(request, timer, "changed");
}

static void increase(struct request *request)
{
    change(request, 1);
}

static void decrease(struct request *request)
{
    change(request, -1);
}

static void hold(struct request *request)
{
    struct reg_timer *timer = find_one(request);
    if (!timer)
        return;
    timer->left_ms = left_ms(timer, request->now);
    timer->end_ms = 0;
    put(request, timer, "paused");
}

static void resume(struct request *request)
{
    struct reg_timer *timer = find_one(request);
    if (!timer)
        return;
    timer->end_ms = request->now + left_ms(timer, request->now);
    put(request, timer, "resumed");
}

static void tell_status(struct request *request)
{
    if (!find_timers(request))
        return;
    const char *text = "";
    for (size_t i = 0; i < request->count && i < WORDING_NAMES_MAX; i++) {
        say(request, status_key(&request->rows[i]), &request->rows[i]);
        text = utterance_print(request->utterance, "%s%s%s", text, i ? " " : "", request->action->answer);
    }
    request->action->answer = text;
}

static const struct {
    const char *tool;
    void (*act)(struct request *request);
    bool asks; /* changes nothing */
} table[] = {
    {"HassStartTimer", start, false},
    {"HassCancelTimer", cancel, false},
    {"HassCancelAllTimers", cancel_all, false},
    {"HassIncreaseTimer", increase, false},
    {"HassDecreaseTimer", decrease, false},
    {"HassPauseTimer", hold, false},
    {"HassUnpauseTimer", resume, false},
    {"HassTimerStatus", tell_status, true},
};

void timers_act(struct timers *timers, struct utterance *utterance, struct action *action)
{
    struct request request = {.timers = timers, .utterance = utterance, .action = action, .now = now_ms()};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].tool, action->call.tool) != 0)
            continue;
        if (utterance->dry_run && !table[i].asks) {
            say(&request, "dry_run", NULL);
            action->outcome = OUTCOME_DRY_RUN;
        } else {
            table[i].act(&request);
        }
        return;
    }
}

void timers_drop(struct timers *timers, int64_t id)
{
    struct san_error error = {0};
    if (reg_timer_remove(timers->daemon->registry, id, &error) != SAN_OK)
        log_error("timer: %s", error.text);
}

/* ---- the clock ---- */

static void tell_end(struct timers *timers, struct san_arena *arena, const struct reg_timer *timer)
{
    struct hearthd *daemon = timers->daemon;
    const struct phrase_var vars[] = {
        {"title", title(daemon->phrases, arena, timer)}, {"command", timer->command}, {0}};
    const char *key = timer->command[0] ? "finished_command" : "finished";
    const char *reply =
        wording_sentence(arena, phrases_fill(daemon->phrases, "timers", key, arena, vars, NULL));
    log_info(
        "timer id=%lld name=\"%s\" area=\"%s\" finished", (long long)timer->id, timer->name, timer->area);
    cJSON *event = cJSON_CreateObject();
    cJSON_AddStringToObject(event, "event", "timer");
    cJSON_AddStringToObject(event, "state", "finished");
    cJSON_AddStringToObject(event, "name", timer->name);
    cJSON_AddStringToObject(event, "area", timer->area);
    cJSON_AddNumberToObject(event, "seconds", (double)(timer->total_ms / 1000));
    cJSON_AddStringToObject(event, "reply", reply);
    char topic[160], *text = cJSON_PrintUnformatted(event);
    snprintf(topic, sizeof(topic), "hearth/%s/timer", daemon->config->node);
    bool sent; /* or waits a while: after a restart there is no broker yet */
    if (text)
        mqtt_publish_command(daemon->mqtt, topic, text, strlen(text), NULL, NULL, &sent);
    free(text);
    if (daemon->announce)
        daemon->announce(daemon->announce_data, event);
    else
        cJSON_Delete(event);
}

/* The row goes first: whatever the command leads to, it happens once. */
static void finish_timer(struct timers *timers, struct san_arena *arena, const struct reg_timer *timer)
{
    struct san_error error = {0};
    if (reg_timer_remove(timers->daemon->registry, timer->id, &error) != SAN_OK) {
        log_error("timer: %s", error.text);
        return;
    }
    tell_end(timers, arena, timer);
    if (!timer->command[0])
        return;
    const bool known = timer->calls[0]; /* and the room may be gone by now */
    const struct utterance_in in = {.text = timer->command,
        .area = known ? NULL : timer->area,
        .calls = known ? timer->calls : NULL,
        .source = "timer"};
    if (pipeline_say(timers->daemon->pipeline, &in) != PIPELINE_TAKEN)
        log_error("timer: \"%s\" was not taken: too much is under way", timer->command);
}

static void on_clock(uv_timer_t *clock)
{
    struct timers *timers = clock->data;
    struct san_arena *arena = san_arena_new(ARENA_BLOCK, 0);
    struct reg_timer *rows;
    size_t count = 0;
    struct san_error error = {0};
    if (arena && reg_timers(timers->daemon->registry, arena, &rows, &count, &error) != SAN_OK)
        log_error("timers: %s", error.text);
    int64_t now = now_ms();
    for (size_t i = 0; i < count; i++)
        if (rows[i].end_ms && rows[i].end_ms <= now)
            finish_timer(timers, arena, &rows[i]);
    san_arena_free(arena);
    set_clock(timers);
}

/* Sleeps until the next end. */
static void set_clock(struct timers *timers)
{
    if (timers->stopped)
        return;
    struct san_arena *arena = san_arena_new(ARENA_BLOCK, 0);
    struct reg_timer *rows;
    size_t count = 0;
    int64_t wait = LOOK_AGAIN_MS, now = now_ms();
    if (arena)
        reg_timers(timers->daemon->registry, arena, &rows, &count, NULL);
    for (size_t i = 0; i < count; i++)
        if (rows[i].end_ms && left_ms(&rows[i], now) < wait)
            wait = left_ms(&rows[i], now);
    san_arena_free(arena);
    if (count)
        uv_timer_start(&timers->clock, on_clock, (uint64_t)wait + 1, 0);
    else
        uv_timer_stop(&timers->clock);
}

/* ---- life ---- */

struct timers *timers_new(struct hearthd *daemon)
{
    struct timers *timers = calloc(1, sizeof(*timers));
    if (!timers)
        return NULL;
    timers->daemon = daemon;
    uv_timer_init(daemon->loop, &timers->clock);
    timers->clock.data = timers;
    return timers;
}

void timers_start(struct timers *timers)
{
    set_clock(timers);
}

void timers_stop(struct timers *timers)
{
    if (!timers || timers->stopped)
        return;
    timers->stopped = true;
    uv_close((uv_handle_t *)&timers->clock, NULL);
}

void timers_free(struct timers *timers)
{
    free(timers);
}
