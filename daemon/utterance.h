/* utterance.h - one utterance from the door to the reply: what was said, what it was taken to mean, what was
 * done.
 *
 * Everything that belongs to it lives in its arena and ends with it. pipeline.c drives it; nobody else sets
 * its state.
 */
#ifndef HEARTHD_UTTERANCE_H
#define HEARTHD_UTTERANCE_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "daemon/understand.h"
#include "devices/render.h"
#include "devices/resolve.h"
#include "devices/timers.h"
#include "except.h"
#include "follow_up.h"
#include "worker.h"

/* The steps, in order. */
enum utterance_state {
    UTTERANCE_RECEIVED,
    UTTERANCE_PREPARE, /* normalize, shortlist */
    UTTERANCE_UNDERSTAND,
    UTTERANCE_VALIDATE,
    UTTERANCE_RESOLVE,
    UTTERANCE_RENDER,
    UTTERANCE_AUDIT,
    UTTERANCE_PUBLISH,
    UTTERANCE_CONFIRM,
    UTTERANCE_REPLY,
    UTTERANCE_ENDED,
    UTTERANCE_STATES,
};

/* From best to worst: an utterance with several calls has the worst of theirs. */
enum outcome {
    OUTCOME_PENDING,
    OUTCOME_DRY_RUN,
    OUTCOME_UNDERSTOOD, /* handed to who asked: Home Assistant, a handler of Hermes */
    OUTCOME_DONE,
    OUTCOME_SENT,
    OUTCOME_SILENT,
    OUTCOME_REFUSED,
    OUTCOME_UNHANDLED,
    OUTCOME_FAILED,
};

/* Why a call was refused: chooses the reply's words. */
enum refusal {
    REFUSAL_NONE,
    REFUSAL_UNSURE,    /* the network is not sure enough */
    REFUSAL_UNMATCHED, /* the home has no such thing */
    REFUSAL_EVIDENCE,  /* a name that was not said */
    REFUSAL_EMPTY,     /* no such things in that place */
    REFUSAL_AMBIGUOUS, /* several of one name */
    REFUSAL_POLICY,    /* forbidden by the configuration */
    REFUSAL_QUESTION,  /* wants a yes first */
    REFUSAL_DEVICE,    /* the device cannot do it, or not to that extent */
    REFUSAL_NO_SKILL,  /* a tool that this hearth has not built in */
};

struct pipeline;
struct confirm;

enum { ACTION_TARGETS_MAX = 256, ACTION_NAMES_MAX = 8 };

/* One entity that a call is for. */
struct target {
    struct utterance *utterance;
    struct home_entity *entity;
    struct rendered rendered;
    enum outcome outcome;
    const char *problem;                      /* why it was refused, or NULL */
    unsigned unacked;                         /* commands that the broker has not acknowledged yet */
    unsigned publishing[RENDER_COMMANDS_MAX]; /* ids for mqtt_cancel; 0 = none */
    char before[STATE_TEXT_MAX + 1];          /* its state when the command left */
    const char *attributes_before;            /* the same, a JSON object; NULL: none left */
};

/* One call, and what came of it. */
struct action {
    const struct understood_call *said;
    struct home_call call;
    struct resolved resolved;
    struct target *targets;
    size_t target_count;
    enum outcome outcome;
    enum refusal refusal;
    const char *slot;                    /* that the refusal is about */
    const char *detail;                  /* of the refusal: the value, the question, the reason */
    const char *names[ACTION_NAMES_MAX]; /* nearest names, or candidates */
    size_t name_count;
    bool asks;                       /* not sure enough to be done without a yes, and may be asked about */
    bool restores;                   /* takes back what was done before, now or when its time comes */
    const char *lasts;               /* "10 minutes": it is turned back then; NULL: it is for good */
    const char *turned_back;         /* of the timer that does so: its calls, a JSON array; NULL: any other */
    const struct reg_timer *revives; /* of the timer that it starts: as it was; NULL: a new one */
    int64_t timer_id;                /* of the timer that it started, or is about; 0: none, or any */
    const char *sentence;            /* its part of the reply; NULL before that */
    const char *answer;              /* a question's answer, or the reply of a tool without devices */
};

/* What the network was given, and what it made of it. */
struct reading {
    struct understand_request prepared;
    const struct san_result *network; /* what the network wrote; NULL before */
    struct understood understood;     /* what that means here */
    struct except except;             /* taken out before */
    const char *time;                 /* "at 7 am", taken out before; NULL: none */
    int64_t due_ms;                   /* when that is, Unix time */
    const char *lasts;                /* "for 10 minutes", taken out before; NULL: none */
    int64_t lasts_s;                  /* so many seconds */
    size_t lasts_at;                  /* it stood before that word */
};

/* How far rereading has come (reread.h). */
struct rereading {
    bool split, completed;
    bool whole_counts;          /* nothing can last so long: read as it was said */
    struct reading whole;       /* with the words that tell how long */
    struct follow_up follow_up; /* the way in which it was completed; text NULL: not at all */
    struct reading before;      /* what stands if the completed sentence is not understood */
    struct home_call later;     /* tool NULL: for now */
    struct home_call put_off;   /* then: the last call of what is put off */
    const char *later_sentence;
};

struct utterance;
/* Called once, at the end; the utterance is freed afterwards. */
typedef void (*utterance_reply_fn)(void *data, const struct utterance *utterance);

/* What comes in. Texts are copied; area, id and dialogue may be NULL. */
struct utterance_in {
    const char *text, *area, *source, *id;
    const char *calls; /* a JSON array: these calls are meant, and text only says so; NULL: text is to be
                          understood */
    const char
        *dialogue; /* who may answer a question of ours: a satellite, a conversation; else the source */
    bool dry_run;
    bool
        understand_only; /* who asked acts on the calls; questions about the home are answered all the same */
    utterance_reply_fn reply; /* may be NULL */
    void *reply_data;
};

struct utterance {
    struct san_arena *arena;
    struct utterance *next; /* in the pipeline's list */
    struct pipeline *pipeline;
    enum utterance_state state;
    uint64_t entered[UTTERANCE_STATES]; /* uv_hrtime of each state; 0 = not reached */
    uint64_t published_at;

    const char *id, *text, *source, *area, *dialogue;
    const char *given_calls; /* NULL: the text is to be understood */
    const char *asked_area;  /* as given; area is "" when the registry does not know it */
    int64_t time_ms;         /* Unix time of arrival */
    bool dry_run;
    bool understand_only;
    bool abandoned;          /* who asked has left: nothing more is done */
    bool confirmed;          /* the answer to a question of ours */
    const char *asked_calls; /* then: those that were asked about, as JSON; NULL: any */
    bool undoes;             /* "undo that" */
    utterance_reply_fn reply_fn;
    void *reply_data;

    struct reading reading; /* the one that counts, so far */
    struct rereading rereading;
    struct worker_job job;
    const char *calls_json; /* the matched calls as a JSON array */
    struct action *actions;
    size_t action_count;
    int64_t audit_id;
    struct confirm *confirm; /* who waits for its effects, or NULL; the next two are that one's */
    struct utterance *next_waiting;
    uint64_t deadline;

    struct reg_timer *superseded; /* what its commands took from the timers (turn_back.h) */
    size_t superseded_count;

    enum outcome outcome;
    const char *reply;
    cJSON *answers; /* owned, or NULL */
};

/* NULL if out of memory. */
struct utterance *utterance_new(const struct utterance_in *in);
void utterance_free(struct utterance *utterance);

/* The one place where the state changes. */
void utterance_enter_state(struct utterance *utterance, enum utterance_state state);
const char *utterance_state_name(enum utterance_state state);
const char *outcome_name(enum outcome outcome);

/* True if it ends with a question of ours that a yes answers (ask.h). */
bool utterance_wants_yes(const struct utterance *utterance);

/* A NUL-terminated text in the utterance's arena; "" if out of memory. */
const char *utterance_print(struct utterance *utterance, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Milliseconds between two states, or 0 if either was not reached. */
double utterance_ms(const struct utterance *utterance, enum utterance_state from, enum utterance_state to);

/* The result of docs/rpc.md as JSON, for the caller to delete; NULL if out of memory. */
cJSON *utterance_result(const struct utterance *utterance);
/* Parts of it, for the audit row. */
cJSON *utterance_commands(const struct utterance *utterance);
cJSON *utterance_timings(const struct utterance *utterance);

#endif
