/* log.h - lines for people, at four levels; and one key=value line for each utterance.
 *
 *     error    something does not work until somebody acts
 *     warning  something was refused or lost; hearthd goes on by itself
 *     info     what an owner wants to see: start, stop, broker found, one line for each utterance
 *     debug    everything that explains a decision
 *
 * Lines go to stderr, with the journal's `<3>` prefixes when stderr is the journal. Text from outside cannot
 * forge lines: control characters come out as '?'.
 */
#ifndef HEARTHD_LOG_H
#define HEARTHD_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Finds out whether stderr is the journal. Before it, lines are plain. */
void log_open(void);
void log_set_level(enum log_level level);

/* One line each, as printf writes it and without its newline. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
