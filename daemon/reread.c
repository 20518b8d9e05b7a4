/* reread.c - see reread.h. */
#include "reread.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "answer.h"
#include "clock.h"
#include "daemon/call_domain.h"
#include "duration.h"
#include "evidence.h"
#include "phrases.h"
#include "plan.h"
#include "words.h"

void reread_start(struct utterance *utterance)
{
    utterance->rereading = (struct rereading){0};
}

/* ---- without what no call can say ---- */

static bool has_command(const struct understood *understood)
{
    for (size_t i = 0; i < understood->call_count; i++)
        if (home_call_arg(&understood->calls[i].call, "conversation_command"))
            return true;
    return false;
}

static bool is_clear(const struct hearthd *daemon, const struct understood *understood)
{
    for (size_t i = 0; i < understood->call_count; i++)
        if (plan_doubt(daemon, &understood->calls[i]) != REFUSAL_NONE)
            return false;
    return understood->call_count > 0;
}

/* Is that number an argument of a call: "thermostat at 21"? */
static bool is_argument(const struct understood *understood, int number)
{
    for (size_t i = 0; i < understood->call_count; i++)
        for (size_t a = 0; a < understood->calls[i].call.arg_count; a++) {
            const struct home_arg *arg = &understood->calls[i].call.args[a];
            if (arg->is_number && (int)arg->number == number)
                return true;
        }
    return false;
}

/* "No, at ten": nothing is left that could be put off. */
static bool is_only_tied(
    const struct hearthd *daemon, const struct clock_time *time, const struct san_words *words)
{
    return time->end == words->count &&
           words_begin_with(daemon->phrases, "no_first", words, 0, time->begin) == time->begin;
}

static bool find_time(const struct hearthd *daemon, const struct reading *reading, struct clock_time *time)
{
    if (!clock_find(&reading->prepared.words, time) || is_only_tied(daemon, time, &reading->prepared.words))
        return false;
    bool taken =
        time->bare && is_clear(daemon, &reading->understood) &&
        (is_argument(&reading->understood, time->hour) || is_argument(&reading->understood, time->hour + 12));
    return !taken;
}

/* Reads on without the words [begin, end); they are given back. */
static enum san_status take_words(struct hearthd *daemon, struct utterance *utterance,
    struct reading *reading, size_t begin, size_t end, const char **taken, struct san_error *err)
{
    const struct san_words *words = &reading->prepared.words;
    struct sentence rest = {.len = 0};
    *taken = words_join(words, begin, end, utterance->arena);
    sentence_add_words(&rest, words, 0, begin);
    sentence_add_words(&rest, words, end, words->count);
    return understand_prepare(
        &daemon->understand, rest.text, utterance->asked_area, utterance->arena, &reading->prepared, err);
}

/* "For 10 minutes" belongs to no call; "for a while" goes if the network cannot read on with it. */
static enum san_status take_duration(struct hearthd *daemon, struct utterance *utterance,
    struct reading *reading, bool *found, struct san_error *err)
{
    struct duration duration;
    const struct san_words *words = &reading->prepared.words;
    *found = !utterance->rereading.whole_counts && duration_find(words, &duration) &&
             duration.end - duration.begin < words->count &&
             (duration.seconds || !is_clear(daemon, &reading->understood));
    if (!*found)
        return SAN_OK;
    reading->lasts_s = duration.seconds;
    reading->lasts_at = duration.begin;
    return take_words(daemon, utterance, reading, duration.begin, duration.end, &reading->lasts, err);
}

/* The utterance without its time, so that an exception before it ends where it ends. */
static enum san_status take_time(struct hearthd *daemon, struct utterance *utterance, struct reading *reading,
    bool *found, struct san_error *err)
{
    struct clock_time time;
    *found = find_time(daemon, reading, &time);
    if (!*found)
        return SAN_OK;
    reading->due_ms = clock_next(&time, utterance->time_ms);
    return take_words(daemon, utterance, reading, time.begin, time.end, &reading->time, err);
}

static enum san_status take_exception(struct hearthd *daemon, struct utterance *utterance,
    struct reading *reading, bool *found, struct san_error *err)
{
    size_t begin = except_find(daemon->phrases, &reading->prepared.words);
    *found = begin < reading->prepared.words.count;
    if (!*found)
        return SAN_OK;
    enum san_status status = except_read(daemon->phrases, &daemon->understand, &reading->prepared, begin,
        utterance->arena, &reading->except, err);
    if (status != SAN_OK)
        return status;
    const char *rest = words_join(&reading->prepared.words, 0, begin, utterance->arena);
    return understand_prepare(
        &daemon->understand, rest, utterance->asked_area, utterance->arena, &reading->prepared, err);
}

static enum san_status split(
    struct hearthd *daemon, struct utterance *utterance, const char **text, struct san_error *err)
{
    struct reading rest = utterance->reading;
    bool lasting, timed = false, excepted = false;
    if (except_may_be_copied(&rest.understood))
        return SAN_OK;
    enum san_status status = take_duration(daemon, utterance, &rest, &lasting, err);
    if (status == SAN_OK && has_command(&rest.understood) && !lasting)
        return SAN_OK;
    if (status == SAN_OK)
        status = take_time(daemon, utterance, &rest, &timed, err);
    if (status == SAN_OK)
        status = take_exception(daemon, utterance, &rest, &excepted, err);
    if (status != SAN_OK || (!lasting && !timed && !excepted) || !rest.prepared.words.count)
        return status;
    if (lasting)
        utterance->rereading.whole = utterance->reading;
    utterance->reading = rest;
    *text = rest.prepared.normalized;
    return SAN_OK;
}

/* ---- completed by the conversation ---- */

static void complete(
    struct hearthd *daemon, const struct recollection *last, struct utterance *utterance, const char **text)
{
    const struct reading *reading = &utterance->reading;
    const struct follow_up_in in = {.phrases = daemon->phrases,
        .understand = &daemon->understand,
        .last = last,
        .prepared = &reading->prepared,
        .understood = &reading->understood,
        .clear = is_clear(daemon, &reading->understood),
        .arena = utterance->arena};
    struct follow_up follow_up;
    follow_up_complete(&in, &follow_up);
    if (follow_up.kind == FOLLOW_UP_NONE || strcmp(follow_up.text, reading->prepared.normalized) == 0)
        return;
    utterance->rereading.before = *reading;
    utterance->rereading.follow_up = follow_up;
    *text = follow_up.text;
}

/* The command of a timer is looked at when it is read itself. */
static bool refers(const struct recollection *last, const struct understood *understood)
{
    for (size_t i = 0; i < understood->call_count; i++) {
        const struct home_call *call = &understood->calls[i].call;
        bool starts = strcmp(call->tool, "HassStartTimer") == 0; /* a new one is not what was spoken of */
        if (!home_call_arg(call, "conversation_command") && (starts || !follow_up_refers(last, call)))
            return false;
    }
    return true;
}

static bool is_text(const char *text, const char *other)
{
    return text && strcmp(text, other) == 0;
}

/* A new place that the network overlooked would do the last thing once more. */
static bool names_place(const struct understood *understood, const char *place, struct san_arena *arena)
{
    for (size_t i = 0; i < understood->call_count; i++) {
        const struct home_call *call = &understood->calls[i].call;
        const char *command = home_call_text(call, "conversation_command");
        struct san_words words;
        if (is_text(home_call_text(call, "area"), place) || is_text(home_call_text(call, "floor"), place))
            return true;
        if (command && san_normalize(arena, command, strlen(command), &words, NULL) == SAN_OK &&
            evidence_of(&words, place, arena))
            return true;
    }
    return false;
}

/* Has the network understood the completed sentence, and as it was meant? */
static bool is_accepted(
    struct hearthd *daemon, const struct recollection *last, const struct utterance *utterance)
{
    const struct follow_up *follow_up = &utterance->rereading.follow_up;
    const struct understood *understood = &utterance->reading.understood;
    if (!is_clear(daemon, understood))
        return false;
    if (follow_up->tool && strcmp(understood->calls[0].call.tool, follow_up->tool) != 0)
        return false;
    if (follow_up->place && !names_place(understood, follow_up->place, utterance->arena))
        return false;
    return follow_up->kind != FOLLOW_UP_REFER || (last && refers(last, understood));
}

/* A call that was carried out a moment ago is not for now: "and the kitchen too" repeats the whole of the
 * last sentence. */
static void drop_done(const struct recollection *last, struct understood *understood)
{
    size_t kept = 0;
    for (size_t i = 0; i < understood->call_count; i++) {
        bool done = false;
        for (size_t j = 0; j < last->call_count; j++)
            done = done || call_equal(&last->calls[j], &understood->calls[i].call);
        if (!done)
            understood->calls[kept++] = understood->calls[i];
    }
    if (kept)
        understood->call_count = kept;
}

static void settle(struct hearthd *daemon, const struct recollection *last, struct utterance *utterance)
{
    struct rereading *rereading = &utterance->rereading;
    enum follow_up_kind kind = rereading->follow_up.kind;
    if (kind == FOLLOW_UP_NONE)
        return;
    if (!is_accepted(daemon, last, utterance)) {
        utterance->reading = rereading->before;
        rereading->follow_up = (struct follow_up){.kind = FOLLOW_UP_NONE};
    } else if (last && (kind == FOLLOW_UP_REPLACE || kind == FOLLOW_UP_CORRECT)) {
        drop_done(last, &utterance->reading.understood);
    }
}

/* ---- for so long ---- */

/* Commands can last, at once or later. What does not tell how long goes with anything that is understood. */
static bool can_last(const struct hearthd *daemon, const struct reading *reading)
{
    const struct understood *understood = &reading->understood;
    for (size_t i = 0; reading->lasts_s && i < understood->call_count; i++) {
        const struct home_call *call = &understood->calls[i].call;
        if (answer_kind(call->tool) != ANSWER_COMMAND && !home_call_arg(call, "conversation_command"))
            return false;
    }
    return is_clear(daemon, understood);
}

/* True if the words that tell how long belong to something else ("biscuits for 12 minutes"), and all are read
 * together again. A command that was read as one for later is not: "for" never says when. */
static bool take_whole(struct hearthd *daemon, struct utterance *utterance)
{
    struct rereading *rereading = &utterance->rereading;
    if (!utterance->reading.lasts || can_last(daemon, &utterance->reading) ||
        !is_clear(daemon, &rereading->whole.understood) || has_command(&rereading->whole.understood))
        return false;
    utterance->reading = rereading->whole;
    *rereading = (struct rereading){.whole_counts = true};
    return true;
}

/* ---- for later ---- */

static bool put_amount(struct home_call *call, const char *slot, int64_t amount, struct san_arena *arena)
{
    char text[32];
    if (!amount)
        return true;
    snprintf(text, sizeof(text), "%lld", (long long)amount);
    const char *copy = san_arena_strndup(arena, text, strlen(text));
    if (!copy || call->arg_count == HOME_ARGS_MAX)
        return false;
    call->args[call->arg_count++] =
        (struct home_arg){.slot = slot, .text = copy, .number = (double)amount, .is_number = true};
    return true;
}

/* A time of the clock, as the timer that ends then. */
static bool timer_until(struct utterance *utterance, int64_t due_ms, struct home_call *out)
{
    int64_t seconds = (due_ms - utterance->time_ms + 999) / 1000;
    *out = (struct home_call){.tool = "HassStartTimer"};
    return put_amount(out, "hours", seconds / 3600, utterance->arena) &&
           put_amount(out, "minutes", seconds / 60 % 60, utterance->arena) &&
           put_amount(out, "seconds", seconds % 60, utterance->arena);
}

/* The command with its exception: at its time it is read anew. */
static bool put_command(struct utterance *utterance, struct home_call *call)
{
    const struct reading *reading = &utterance->reading;
    struct sentence command = {.len = 0};
    sentence_add(&command, reading->prepared.normalized);
    if (reading->except.text)
        sentence_add(&command, reading->except.text);
    if (reading->lasts)
        sentence_add(&command, reading->lasts);
    const char *text = san_arena_strndup(utterance->arena, command.text, command.len);
    call_remove(call, "conversation_command");
    if (!text || call->arg_count == HOME_ARGS_MAX)
        return false;
    call->args[call->arg_count++] = (struct home_arg){.slot = "conversation_command", .text = text};
    return true;
}

/* What "and in the bedroom too" will be about. */
static bool keep_put_off(struct utterance *utterance)
{
    const struct understood *understood = &utterance->reading.understood;
    return !understood->call_count ||
           call_copy(&utterance->rereading.put_off, &understood->calls[understood->call_count - 1].call,
               utterance->arena);
}

static const char *sentence_of(struct utterance *utterance)
{
    const struct reading *reading = &utterance->reading;
    struct sentence sentence = {.len = 0};
    sentence_add(&sentence, reading->prepared.normalized);
    if (reading->except.text)
        sentence_add(&sentence, reading->except.text);
    if (reading->lasts)
        sentence_add(&sentence, reading->lasts);
    if (reading->time)
        sentence_add(&sentence, reading->time);
    return utterance_print(utterance, "%s", sentence.text);
}

/* The only call of the reading is a timer with a command, which is to be read next. */
static const char *command_of(const struct utterance *utterance)
{
    const struct understood *understood = &utterance->reading.understood;
    if (understood->call_count != 1 || utterance->understand_only || utterance->rereading.later.tool)
        return NULL;
    return home_call_text(&understood->calls[0].call, "conversation_command");
}

static enum san_status put_off(struct utterance *utterance, const char **text, struct san_error *err)
{
    struct rereading *rereading = &utterance->rereading;
    const char *command = command_of(utterance);
    bool good = true;
    if (command) {
        rereading->later_sentence = sentence_of(utterance);
        rereading->completed = false; /* "turn it off" in 10 minutes */
        good = call_copy(&rereading->later, &utterance->reading.understood.calls[0].call, utterance->arena);
        *text = command;
    } else if (utterance->reading.time && !rereading->later.tool) {
        rereading->later_sentence = sentence_of(utterance);
        good = timer_until(utterance, utterance->reading.due_ms, &rereading->later);
    }
    if (good && !command && rereading->later.tool)
        good = put_command(utterance, &rereading->later) && keep_put_off(utterance);
    return good ? SAN_OK : san_fail(err, SAN_ENOMEM, "out of memory");
}

/* ---- the whole ---- */

enum san_status reread_next(struct hearthd *daemon, const struct recollection *last,
    struct utterance *utterance, const char **text, struct san_error *err)
{
    struct rereading *rereading = &utterance->rereading;
    bool is_command = rereading->later.tool; /* of a timer: its time is known */
    *text = understand_in_order(&utterance->reading.prepared, &utterance->reading.understood);
    if (*text)
        return SAN_OK;
    if (!rereading->split && !is_command) {
        rereading->split = true;
        enum san_status status = split(daemon, utterance, text, err);
        if (status != SAN_OK || *text)
            return status;
    }
    if (!rereading->completed && last) {
        rereading->completed = true;
        complete(daemon, last, utterance, text);
        rereading->split = !*text;
        if (*text)
            return SAN_OK;
    }
    settle(daemon, last, utterance);
    if (take_whole(daemon, utterance))
        return reread_next(daemon, last, utterance, text, err);
    return put_off(utterance, text, err);
}

const struct home_call *reread_later(const struct utterance *utterance)
{
    return utterance->rereading.later.tool ? &utterance->rereading.later : NULL;
}

const char *reread_sentence(struct utterance *utterance)
{
    return utterance->rereading.later_sentence ? utterance->rereading.later_sentence : sentence_of(utterance);
}
