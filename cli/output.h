/* output.h - what people read: tables, colours, safe text. Colours only on a terminal, and not with NO_COLOR
 * or TERM=dumb. */
#ifndef HEARTHCTL_OUTPUT_H
#define HEARTHCTL_OUTPUT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum output_color { COLOR_PLAIN, COLOR_BOLD, COLOR_DIM, COLOR_RED, COLOR_GREEN, COLOR_YELLOW };

/* The escape sequence, or "" where there is no colour. */
const char *output_color(enum output_color color);
/* Whether a stream is a terminal that shows colours, in an environment; separate for tests. */
bool output_wants_color(bool is_terminal, const char *no_color, const char *term);

/* Text from outside, for a terminal: control characters become '?'. Writes at most size bytes; returns out.
 */
char *output_safe(char *out, size_t size, const char *text);
/* Columns that text takes on a terminal. */
size_t output_width(const char *text);

/* A table with aligned columns. */
struct table;
enum { TABLE_COLUMNS_MAX = 10 };
/* Headers end with NULL. A header that begins with '>' is of a column of numbers, aligned right. Ends the
 * program if memory runs out. */
struct table *table_new(const char *const *headers);
void table_free(struct table *table); /* NULL is allowed */
/* As many texts as there are headers; they are copied and made safe. */
void table_row(struct table *table, const char *const *texts);
size_t table_rows(const struct table *table);
void table_print(const struct table *table, FILE *file);

/* The JSON, indented, and a newline. */
void output_json(const cJSON *json);

#endif
