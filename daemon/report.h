/* report.h - what is written down of an utterance, and who is told: the audit log, MQTT, those who watch, the
 * log. */
#ifndef HEARTHD_REPORT_H
#define HEARTHD_REPORT_H

#include "hearthd.h"
#include "utterance.h"

/* Writes the utterance's row into the audit log, and onto the disk; complete: with outcome and reply, else
 * "pending". False and *err on failure. */
bool report_audit(struct hearthd *daemon, struct utterance *utterance, bool complete, struct san_error *err);

/* Tells those who watch that the commands have left. */
void report_published(struct hearthd *daemon, const struct utterance *utterance);

/* Tells hearth/<node>/result, hearth/<node>/unhandled and those who watch what came of it. */
void report_result(struct hearthd *daemon, const struct utterance *utterance);

/* The one structured line. */
void report_log(const struct hearthd *daemon, const struct utterance *utterance);

#endif
