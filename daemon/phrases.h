/* phrases.h - the words that hearthd answers with and those by which it knows sentences, from
 * schemas/phrases_en.json. Data, so that another language is another file. */
#ifndef HEARTHD_PHRASES_H
#define HEARTHD_PHRASES_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "daemon/beside.h"
#include "devices/home.h"
#include "inference/arena.h"
#include "inference/status.h"

enum { PHRASES_FILE_MAX = 1 << 20 };

struct phrases;

/* NULL and *err if the file cannot be read, is no JSON object, or lacks a section; or if that is so of the
 * file of words that it names as "beside". */
struct phrases *phrases_load(const char *path, struct san_error *err);
void phrases_free(struct phrases *phrases);

/* The words beside names; lives as long as the phrases. */
const struct beside *phrases_beside(const struct phrases *phrases);

/* A name and its value, for the {name}s of a phrase. */
struct phrase_var {
    const char *name, *value;
};

/* The text at section.key, or NULL. Lives as long as the phrases, as everything that comes out here. */
const char *phrases_get(const struct phrases *phrases, const char *section, const char *key);
/* The same with its {name}s filled in from vars (ended by a NULL name) and then from the arguments of call
 * (may be NULL); what is not known stays away. In the arena; "" if there is no such phrase. */
const char *phrases_fill(const struct phrases *phrases, const char *section, const char *key,
    struct san_arena *arena, const struct phrase_var *vars, const struct home_call *call);

/* What is said of a tool: part is "did" ("Turned on {target}") or "do" ("turn on {target}"). The most special
 * entry wins: tool.slot.value, tool.slot, tool.domain, tool. */
const char *phrases_of_tool(const struct phrases *phrases, const struct home_call *call, const char *domain,
    const char *part, struct san_arena *arena, const char *target);

/* One or several of a domain or class: "light", "lights". */
const char *phrases_noun(
    const struct phrases *phrases, const char *domain, const char *device_class, bool plural);
/* Is the word (lower case) one for things of that domain, "lights"? NULL: of any domain. */
bool phrases_is_noun(const struct phrases *phrases, const char *domain, const char *word);
/* The domain and device class of the things that the word is for: "blinds" is "cover", "blind"; the class is
 * "" for all of the domain. False if it is no such word, or the buffers are too small. */
bool phrases_kind_of_noun(
    const struct phrases *phrases, const char *word, char domain[static 32], char device_class[static 32]);
/* Is text (lower case) one of the words for a domain or a class of it, one or several? */
bool phrases_is_kind(
    const struct phrases *phrases, const char *domain, const char *device_class, const char *text);
/* A state as one says it: "open" for "on" of a door's contact. */
const char *phrases_state(
    const struct phrases *phrases, const char *domain, const char *device_class, const char *state);
/* Is text one of the words of that list ("yes", "no", "command_words")? */
bool phrases_has_word(const struct phrases *phrases, const char *list, const char *text);
/* A copy of that list, for another thread: phrases change when they are read again. The caller deletes it. */
cJSON *phrases_words(const struct phrases *phrases, const char *list);

#endif
