/* contrary.c - see contrary.h. */
#include "contrary.h"

#include <string.h>

#include "phrases.h"

/* "The front door |lock|" and "the |lock|" are things; "please |lock|", "|lock| the door" and "the door,
 * |lock| it" are what to do.
 */
static bool is_noun_here(const struct phrases *phrases, const struct san_words *said, size_t i)
{
    if (i == 0 || !phrases_is_noun(phrases, "lock", said->word[i].text))
        return false;
    const char *before = said->word[i - 1].text, *behind = i + 1 < said->count ? said->word[i + 1].text : "";
    return phrases_has_word(phrases, "determiners", before) ||
           (!phrases_has_word(phrases, "command_words", before) &&
               !phrases_has_word(phrases, "joints", before) &&
               !phrases_has_word(phrases, "determiners", behind) &&
               !phrases_has_word(phrases, "pronouns", behind));
}

static bool is_any_said(const struct phrases *phrases, const struct san_words *said, const char *list)
{
    for (size_t i = 0; i < said->count; i++)
        if (phrases_has_word(phrases, list, said->word[i].text) && !is_noun_here(phrases, said, i))
            return true;
    return false;
}

bool contrary(
    const struct phrases *phrases, const struct san_words *words, const struct understood_call *call)
{
    const char *domain = home_call_text(&call->call, "domain");
    bool lock = strcmp(call->kind, "lock") == 0 || (domain && strcmp(domain, "lock") == 0);
    bool locks = strcmp(call->call.tool, "HassTurnOn") == 0,
         opens = strcmp(call->call.tool, "HassTurnOff") == 0;
    if (!lock || !phrases || !(locks || opens))
        return false;
    bool opening = is_any_said(phrases, words, "opening"), locking = is_any_said(phrases, words, "locking");
    if (locks)
        return opening && !locking;
    return !opening && (locking || is_any_said(phrases, words, "denials"));
}
