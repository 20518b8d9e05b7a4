/* audit_row.h - a row of the audit log, as hearthctl log and hearthctl explain get it. */
#ifndef HEARTHCTL_AUDIT_ROW_H
#define HEARTHCTL_AUDIT_ROW_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Local time, to the second. */
void audit_time_text(char *out, size_t size, double ms);

/* A whole number of at least 1; false if the text is none. */
bool audit_parse_count(const char *text, double *out);

#endif
