/* output.c - see output.h. */
#include "cli/output.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

/* ---- colours ---- */

bool output_wants_color(bool is_terminal, const char *no_color, const char *term)
{
    if (!is_terminal || (no_color && no_color[0]))
        return false;
    return term && term[0] && strcmp(term, "dumb") != 0;
}

const char *output_color(enum output_color color)
{
    static const char *const codes[] = {"\033[0m", "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m"};
    if (!output_wants_color(isatty(STDOUT_FILENO) == 1, getenv("NO_COLOR"), getenv("TERM")))
        return "";
    return codes[color];
}

/* ---- text ---- */

/* The code point at text, and its length; what is no UTF-8 counts as one byte. */
static size_t code_point(const char *text, utf8proc_int32_t *out)
{
    utf8proc_ssize_t len =
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)strnlen(text, 4), out);
    if (len > 0)
        return (size_t)len;
    *out = '?';
    return 1;
}

static bool is_control(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
           category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

char *output_safe(char *out, size_t size, const char *text)
{
    size_t used = 0;
    while (*text) {
        utf8proc_int32_t c;
        size_t len = code_point(text, &c);
        bool keep = !is_control(c) && !(len == 1 && (unsigned char)*text >= 0x80);
        if (used + (keep ? len : 1) >= size)
            break;
        if (keep)
            memcpy(out + used, text, len);
        else
            out[used] = '?';
        used += keep ? len : 1;
        text += len;
    }
    if (size > 0)
        out[used] = '\0';
    return out;
}

size_t output_width(const char *text)
{
    size_t width = 0;
    while (*text) {
        utf8proc_int32_t c;
        text += code_point(text, &c);
        int columns = utf8proc_charwidth(c);
        width += columns > 0 ? (size_t)columns : 0;
    }
    return width;
}

/* ---- tables ---- */

/* A table is the last thing that a command does: there is nothing left to save. */
_Noreturn static void out_of_memory(void)
{
    fputs("hearthctl: out of memory\n", stderr);
    exit(1);
}

struct table {
    size_t columns;
    bool right[TABLE_COLUMNS_MAX];
    size_t width[TABLE_COLUMNS_MAX];
    char **cells; /* row by row; the first row is the headers */
    size_t count, size;
};

static char *safe_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (!copy)
        out_of_memory();
    return output_safe(copy, size, text);
}

static void add_cell(struct table *table, size_t column, const char *text)
{
    if (table->count == table->size) {
        size_t size = table->size ? table->size * 2 : 256;
        char **larger = realloc(table->cells, size * sizeof(*larger));
        if (!larger)
            out_of_memory();
        table->cells = larger;
        table->size = size;
    }
    char *cell = safe_copy(text);
    table->cells[table->count++] = cell;
    size_t width = output_width(cell);
    if (width > table->width[column])
        table->width[column] = width;
}

struct table *table_new(const char *const *headers)
{
    struct table *table = calloc(1, sizeof(*table));
    if (!table)
        out_of_memory();
    while (headers[table->columns] && table->columns < TABLE_COLUMNS_MAX)
        table->columns++;
    for (size_t i = 0; i < table->columns; i++) {
        table->right[i] = headers[i][0] == '>';
        add_cell(table, i, headers[i] + (table->right[i] ? 1 : 0));
    }
    return table;
}

void table_free(struct table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table);
}

void table_row(struct table *table, const char *const *texts)
{
    for (size_t i = 0; i < table->columns; i++)
        add_cell(table, i, texts[i]);
}

size_t table_rows(const struct table *table)
{
    return table->count / table->columns - 1;
}

static const char *cell_at(const struct table *table, size_t row, size_t column)
{
    return table->cells[row * table->columns + column];
}

/* Nothing is padded behind the last cell that has text. */
static size_t used_columns(const struct table *table, size_t row)
{
    size_t columns = table->columns;
    while (columns > 0 && cell_at(table, row, columns - 1)[0] == '\0')
        columns--;
    return columns;
}

static void print_row(const struct table *table, size_t row, FILE *file)
{
    size_t columns = used_columns(table, row);
    for (size_t i = 0; i < columns; i++) {
        const char *cell = cell_at(table, row, i);
        int pad = (int)(table->width[i] - output_width(cell));
        if (table->right[i])
            fprintf(file, "%*s", pad, "");
        fputs(cell, file);
        if (i + 1 < columns)
            fprintf(file, "%*s", table->right[i] ? 2 : pad + 2, "");
    }
}

void table_print(const struct table *table, FILE *file)
{
    const char *bold = file == stdout ? output_color(COLOR_BOLD) : "";
    const char *plain = file == stdout ? output_color(COLOR_PLAIN) : "";
    for (size_t row = 0; row * table->columns < table->count; row++) {
        fputs(row == 0 ? bold : "", file);
        print_row(table, row, file);
        fputs(row == 0 ? plain : "", file);
        fputc('\n', file);
    }
}

void output_json(const cJSON *json)
{
    char *text = cJSON_Print(json);
    if (text)
        puts(text);
    cJSON_free(text);
}
