/* audit_row.c - see audit_row.h. */
#include "cli/audit_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void audit_time_text(char *out, size_t size, double ms)
{
    time_t seconds = (time_t)(ms / 1000.0);
    struct tm local;
    if (!localtime_r(&seconds, &local) || strftime(out, size, "%F %T", &local) == 0)
        snprintf(out, size, "?");
}

bool audit_parse_count(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out >= 1 && *out < 1e15 && *out == (double)(long long)*out;
}
