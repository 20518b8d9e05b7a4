/* abbreviations.h - the short keys of MQTT discovery payloads, as tables.
 *
 * https://www.home-assistant.io/integrations/mqtt/#supported-abbreviations-in-mqtt-discovery-messages ; those
 * that Home Assistant has dropped since are kept: publishers still send them.
 */
#ifndef HEARTH_ABBREVIATIONS_H
#define HEARTH_ABBREVIATIONS_H

#include <stdbool.h>

enum abbreviations { ABBREVIATIONS_ENTITY, ABBREVIATIONS_DEVICE, ABBREVIATIONS_ORIGIN };

/* The long form of a short key of that table (exact, case sensitive), or NULL. The text is constant. */
const char *abbreviation_expand(enum abbreviations table, const char *brief);

/* True if some component reads this long key; others are dropped. */
bool abbreviation_is_key(const char *full);

#endif
