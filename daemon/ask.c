/* ask.c - see ask.h. */
#include "ask.h"

#include <stdlib.h>
#include <string.h>

struct question {
    char *source, *area;
    struct asked asked;
    uint64_t deadline;
};

struct ask {
    struct question question[ASK_MAX];
};

struct ask *ask_new(void)
{
    return calloc(1, sizeof(struct ask));
}

void asked_free(struct asked *asked)
{
    free((char *)asked->text);
    free((char *)asked->calls);
    *asked = (struct asked){0};
}

static void clear(struct question *question)
{
    free(question->source);
    free(question->area);
    asked_free(&question->asked);
    *question = (struct question){0};
}

void ask_free(struct ask *ask)
{
    for (size_t i = 0; ask && i < ASK_MAX; i++)
        clear(&ask->question[i]);
    free(ask);
}

static struct question *find(struct ask *ask, const char *source, const char *area)
{
    for (size_t i = 0; i < ASK_MAX; i++) {
        struct question *question = &ask->question[i];
        if (question->asked.text && strcmp(question->source, source) == 0 &&
            strcmp(question->area, area) == 0)
            return question;
    }
    return NULL;
}

/* A free place has deadline 0, so it is the oldest. */
static struct question *oldest(struct ask *ask)
{
    struct question *found = &ask->question[0];
    for (size_t i = 1; i < ASK_MAX; i++)
        if (ask->question[i].deadline < found->deadline)
            found = &ask->question[i];
    return found;
}

void ask_put(
    struct ask *ask, const char *source, const char *area, const struct asked *asked, uint64_t deadline)
{
    struct question *question = find(ask, source, area);
    if (!question)
        question = oldest(ask);
    clear(question);
    *question = (struct question){.source = strdup(source),
        .area = strdup(area),
        .asked = {.text = strdup(asked->text), .calls = strdup(asked->calls), .dry_run = asked->dry_run},
        .deadline = deadline};
    if (!question->source || !question->area || !question->asked.text || !question->asked.calls)
        clear(question);
}

struct asked ask_take(struct ask *ask, const char *source, const char *area, uint64_t now)
{
    struct asked asked = {0};
    struct question *question = find(ask, source, area);
    if (!question)
        return asked;
    if (question->deadline > now) {
        asked = question->asked;
        question->asked = (struct asked){0};
    }
    clear(question);
    return asked;
}
