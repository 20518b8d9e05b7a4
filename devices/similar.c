/* similar.c - how alike two names are, for "did you mean". */
#include "similar.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { PAIRS_MAX = 160 };

static size_t pairs_of(const char *text, unsigned short pairs[PAIRS_MAX])
{
    size_t count = 0;
    int last = ' ';
    for (const char *p = text; count < PAIRS_MAX; p++) {
        int c = *p == '\0' || strchr("_-.", *p) != NULL ? ' ' : tolower((unsigned char)*p);
        if (c != ' ' || last != ' ')
            pairs[count++] = (unsigned short)((unsigned)last << 8 | (unsigned)c);
        last = c;
        if (*p == '\0')
            break;
    }
    return count;
}

double similar_text(const char *a, const char *b)
{
    unsigned short pa[PAIRS_MAX], pb[PAIRS_MAX];
    bool used[PAIRS_MAX] = {false};
    size_t na = pairs_of(a, pa), nb = pairs_of(b, pb), shared = 0;
    for (size_t i = 0; i < na; i++)
        for (size_t j = 0; j < nb; j++)
            if (!used[j] && pa[i] == pb[j]) {
                used[j] = true;
                shared++;
                break;
            }
    return na + nb == 0 ? 1.0 : 2.0 * (double)shared / (double)(na + nb);
}
