/* understand.h - what an utterance means in this home: text -> calls with canonical names. Shared by hearthd
 * and by hearthctl's offline commands, so that both understand alike.
 *
 *     understand_prepare   the registry's thread: normalise, shortlist -> a san_request
 *     san_parse            any thread that owns the session
 *     understand_finish    the registry's thread again: the network's result -> calls, validated
 *
 * Everything that comes out lives in the arena that was passed in; the same arena serves prepare and finish.
 * The san_result is read by understand_finish alone: afterwards the session is free for the next utterance.
 */
#ifndef HEARTH_UNDERSTAND_H
#define HEARTH_UNDERSTAND_H

#include "devices/shortlist.h"
#include "inference/san.h"

/* How sure the network must be before a call is asked about, acted on, or a question answered. A model that
 * was calibrated (docs/model.md, section 6) is right in so many of a hundred such calls. hearthd's own limits
 * are in its configuration, and have these defaults. */
#define UNDERSTAND_ASK_CONFIDENCE 0.40
#define UNDERSTAND_COMMAND_CONFIDENCE 0.70
#define UNDERSTAND_QUESTION_CONFIDENCE 0.70
#define UNDERSTAND_SENSITIVE_CONFIDENCE 0.85

/* True if the tool only answers: questions about states, time, weather, timers; greetings. */
bool understand_is_question(const char *tool);

struct phrases;

/* Borrowed; all of it used from the registry's thread only. */
struct understand {
    struct registry *registry;
    struct shortlist *shortlist;
    const struct phrases *phrases; /* for the words that may stand beside names (leftover.h); NULL: any may */
};

/* An utterance on its way to the network. */
struct understand_request {
    struct san_request request;   /* for san_parse; set .trace if steps are wanted */
    struct san_words words;       /* the utterance, normalised */
    struct shortlist_item *items; /* request.items[i] is items[i] */
    const char *normalized;       /* the words, joined by spaces */
    const char *area;             /* the speaker's room by its canonical name, or "" */
    const char *in_order; /* the text with names in their own order (turned_name.h), or NULL: what is to be
                             read instead, see understand_in_order */
};

/* One call, as it was understood. Act only on calls with missing, unproven and overlooked all "". */
struct understood_call {
    struct home_call call;  /* names of entities, areas and floors are canonical */
    double confidence;      /* 0..1 */
    const char *missing;    /* slot that was meant, but the home has no such thing; "" if none */
    const char *leftover;   /* what was meant instead of the value of `missing`, where words beside it make it
                               another thing: "garden shed", not the garden; "" if none */
    const char *unproven;   /* slot whose value the words said do not bear out; "" if none */
    const char *overlooked; /* a thing of the home that was said by its whole name, and is not in the calls;
                               "" if none */
    const char *kind;       /* what the name was chosen as ("light"); "" if there is no name */
};

struct understood {
    struct understood_call *calls;
    size_t call_count; /* 0: not for the house */
    double confidence;
};

/* Normalises text and looks up what it can mean. `area` is the speaker's room (name or alias), NULL or "" if
 * unknown. Errors: san_normalize's; SAN_EINVAL for a room that the home does not have, naming the nearest
 * ones. Text without any word gives request.text "" and no items. */
enum san_status understand_prepare(const struct understand *understand, const char *text, const char *area,
    struct san_arena *arena, struct understand_request *out, struct san_error *err);

/* Turns the result of san_parse on prepared->request into calls: canonical names, the implied domain
 * (docs/model.md, section 4: beside the name of a cover, valve, lock, scene or script), missing and unproven
 * slots. */
enum san_status understand_finish(const struct understand *understand,
    const struct understand_request *prepared, const struct san_result *result, struct san_arena *arena,
    struct understood *out, struct san_error *err);

/* What the network is to read instead of what it has read, or NULL: names in their own order, unless words of
 * the sentence are copied, which stay as they were said. */
const char *understand_in_order(
    const struct understand_request *prepared, const struct understood *understood);

#endif
