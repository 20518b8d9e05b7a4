/* wyoming_answer.h - what hearth says in Wyoming's events: who it is, and what came of an utterance.
 *
 * Frames for free(), of *len bytes and a NUL; several events of one answer come in one piece. NULL if out of
 * memory.
 */
#ifndef HEARTHD_WYOMING_ANSWER_H
#define HEARTHD_WYOMING_ANSWER_H

#include "config.h"
#include "phrases.h"
#include "utterance.h"

/* "info": one program, of the configured mode, name and languages. */
char *wyoming_info(const struct config *config, size_t *len);

/* One event whose data is a text: "handled", "not-handled", "not-recognized". A client speaks it: NULL is "".
 */
char *wyoming_text(const char *type, const char *text, size_t *len);

/* The final events of an utterance: its calls as "intent", if it was taken only to be understood (several of
 * them in "intents-start" and "intents-stop", for a client that knows these); else what verdict.h says, with
 * the reply. */
char *wyoming_answer(
    const struct utterance *utterance, const struct phrases *phrases, bool knows_several, size_t *len);

/* True if languages ("en de") has language ("en-GB"); NULL and "" are any. */
bool wyoming_speaks(const char *languages, const char *language);

/* The text without what Home Assistant would take for a template: a name of a device must not become code
 * there. */
void wyoming_strip_templates(char *text);

#endif
