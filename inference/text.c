/* text.c - the normaliser, in the order of docs/model.md section 1.
 *
 * Text becomes glyphs (folded code points that remember their bytes), glyphs become runs, runs words, and the
 * words are then joined to numbers. training/data/normalize.py is the same in Python;
 * tests/data/normalize.tsv holds both to one result.
 */
#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <utf8proc.h>

enum {
    EXPANSION_MAX = 32,    /* code points that one folds to; Unicode's longest is 18 (U+FDFA) */
    DECIMALS_MAX = 24,     /* bytes of a number in words behind the point */
    SCRATCH_BLOCK = 16384, /* for san_normalize_to: names are short */
};

struct glyph {
    int32_t code;
    uint32_t begin, end; /* bytes of the original */
};

struct glyphs {
    struct glyph *at;
    size_t count, size;
};

/* ---- code points ---- */

static bool is_digit(int32_t c)
{
    return c >= '0' && c <= '9';
}

/* A letter or a digit: what words are made of. */
static bool is_wordly(int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return true;
    default:
        return false;
    }
}

/* Characters that people and keyboards use for one another. */
static int32_t plain_form(int32_t c)
{
    switch (c) {
    case 0x2018:
    case 0x2019:
    case 0x02BC:
        return '\'';
    case 0x2212:
        return '-';
    case 0x00BA:
        return 0x00B0;
    default:
        return c;
    }
}

/* Folds one code point into out[0..EXPANSION_MAX): how many it became, 0 for a lone mark, negative on
 * failure. */
static utf8proc_ssize_t fold(int32_t code, int32_t *out)
{
    int32_t plain = plain_form(code);
    if (plain < 0x80) {
        out[0] = plain >= 'A' && plain <= 'Z' ? plain + ('a' - 'A') : plain;
        return 1;
    }
    if (plain != code) {
        out[0] = plain;
        return 1;
    }
    const utf8proc_option_t options =
        UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK;
    int boundary = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char(code, out, EXPANSION_MAX, options, &boundary);
    if (count <= 0 || count > EXPANSION_MAX)
        return count > EXPANSION_MAX ? UTF8PROC_ERROR_OVERFLOW : count;
    return utf8proc_normalize_utf32(out, count, UTF8PROC_COMPAT | UTF8PROC_COMPOSE);
}

static bool push_glyph(struct san_arena *arena, struct glyphs *glyphs, struct glyph glyph)
{
    if (glyphs->count == glyphs->size) {
        size_t size = glyphs->size * 2;
        struct glyph *grown = san_arena_alloc(arena, size * sizeof *grown);
        if (!grown)
            return false;
        memcpy(grown, glyphs->at, glyphs->count * sizeof *grown);
        glyphs->at = grown;
        glyphs->size = size;
    }
    glyphs->at[glyphs->count++] = glyph;
    return true;
}

static enum san_status fold_text(
    struct san_arena *arena, const char *text, size_t len, struct glyphs *out, struct san_error *err)
{
    out->count = 0;
    out->size = len + EXPANSION_MAX;
    out->at = san_arena_alloc(arena, out->size * sizeof *out->at);
    if (!out->at)
        return san_fail(err, SAN_ENOMEM, "out of memory for a text of %zu bytes", len);
    for (size_t at = 0; at < len;) {
        int32_t code, folded[EXPANSION_MAX];
        utf8proc_ssize_t bytes =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(len - at), &code);
        if (bytes <= 0)
            return san_fail(
                err, SAN_EFORMAT, "text is not UTF-8: byte %zu (0x%02x)", at, (unsigned char)text[at]);
        utf8proc_ssize_t count = fold(code, folded);
        if (count < 0)
            return san_fail(
                err, SAN_EFORMAT, "text cannot be folded at byte %zu (U+%04X)", at, (unsigned)code);
        for (utf8proc_ssize_t i = 0; i < count; i++) {
            struct glyph glyph = {folded[i], (uint32_t)at, (uint32_t)(at + (size_t)bytes)};
            if (!push_glyph(arena, out, glyph))
                return san_fail(err, SAN_ENOMEM, "out of memory for a text of %zu bytes", len);
        }
        at += (size_t)bytes;
    }
    return SAN_OK;
}

/* ---- runs to words ---- */

/* Words as they are being made. There are at most as many as glyphs, and their bytes fit `bytes`. */
struct splitter {
    struct san_word *word;
    size_t count;
    char *bytes;
    struct glyph *run; /* the run that is being read */
    size_t run_count;
};

static void add_word(
    struct splitter *s, const char *text, const struct glyph *first, const struct glyph *last)
{
    s->word[s->count++] =
        (struct san_word){.text = text, .len = strlen(text), .begin = first->begin, .end = last->end};
}

static const char *ordinal(const struct glyph *run, size_t count)
{
    static const char *const table[][2] = {{"1st", "first"}, {"2nd", "second"}, {"3rd", "third"},
        {"4th", "fourth"}, {"5th", "fifth"}, {"6th", "sixth"}, {"7th", "seventh"}, {"8th", "eighth"},
        {"9th", "ninth"}, {"10th", "tenth"}, {"11th", "eleventh"}, {"12th", "twelfth"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *spelt = table[i][0];
        size_t j = 0;
        while (j < count && spelt[j] && run[j].code == spelt[j])
            j++;
        if (j == count && !spelt[j])
            return table[i][1];
    }
    return NULL;
}

/* Inside a run: whether the character belongs to a number rather than to letters. */
static bool is_numeric(int32_t c)
{
    return is_digit(c) || c == '.' || c == ':' || c == '-';
}

static void end_run(struct splitter *s)
{
    const struct glyph *run = s->run;
    size_t count = s->run_count;
    s->run_count = 0;
    if (!count)
        return;
    const char *whole = ordinal(run, count);
    if (whole) {
        add_word(s, whole, &run[0], &run[count - 1]);
        return;
    }
    for (size_t i = 0; i < count;) {
        size_t first = i;
        char *text = s->bytes;
        do
            s->bytes += utf8proc_encode_char(run[i].code, (utf8proc_uint8_t *)s->bytes);
        while (++i < count && is_numeric(run[i].code) == is_numeric(run[first].code));
        *s->bytes++ = '\0';
        add_word(s, text, &run[first], &run[i - 1]);
    }
}

static const char *sign_word(int32_t c)
{
    switch (c) {
    case '%':
        return "percent";
    case 0x00B0:
        return "degrees";
    case '&':
        return "and";
    default:
        return NULL;
    }
}

static int32_t code_at(const struct glyphs *g, size_t i)
{
    return i < g->count ? g->at[i].code : ' ';
}

static bool is_thousands_comma(const struct glyphs *g, size_t i)
{
    return is_digit(code_at(g, i + 2)) && is_digit(code_at(g, i + 3)) && !is_digit(code_at(g, i + 4));
}

/* Reads one glyph: it continues the run, vanishes, or separates (and may be a word or a minus sign itself).
 */
static void split_at(struct splitter *s, const struct glyphs *g, size_t i)
{
    const struct glyph *glyph = &g->at[i];
    int32_t c = glyph->code, before = i ? code_at(g, i - 1) : ' ', after = code_at(g, i + 1);
    bool in_number = is_digit(before) && is_digit(after);
    if (is_wordly(c) || ((c == '.' || c == ':') && in_number)) {
        s->run[s->run_count++] = *glyph;
        return;
    }
    if (c == '\'' && is_wordly(before) && is_wordly(after))
        return;
    if (c == ',' && in_number && is_thousands_comma(g, i))
        return;
    end_run(s);
    const char *sign = sign_word(c);
    if (sign)
        add_word(s, sign, glyph, glyph);
    else if (c == '-' && is_digit(after) && !is_wordly(before))
        s->run[s->run_count++] = *glyph;
}

static enum san_status split_glyphs(
    struct san_arena *arena, const struct glyphs *glyphs, struct san_words *out, struct san_error *err)
{
    size_t n = glyphs->count + 1;
    struct splitter s = {.word = san_arena_alloc(arena, n * sizeof *s.word),
        .bytes = san_arena_alloc(arena, n * 5), /* four of UTF-8 and a NUL each */
        .run = san_arena_alloc(arena, n * sizeof *s.run)};
    if (!s.word || !s.bytes || !s.run)
        return san_fail(err, SAN_ENOMEM, "out of memory for a text of %zu characters", glyphs->count);
    for (size_t i = 0; i < glyphs->count; i++)
        split_at(&s, glyphs, i);
    end_run(&s);
    out->word = s.word;
    out->count = s.count;
    return SAN_OK;
}

/* ---- number words ---- */

/* A number that was read from words: `used` words long, 0 if there is none. */
struct number {
    long value;
    size_t used;
};

static bool word_is(const struct san_words *w, size_t i, const char *text)
{
    return i < w->count && strcmp(w->word[i].text, text) == 0;
}

/* The index of word i in a NULL-terminated table, or -1. */
static long word_among(const struct san_words *w, size_t i, const char *const *table)
{
    for (long k = 0; table[k]; k++)
        if (word_is(w, i, table[k]))
            return k;
    return -1;
}

static long unit_at(const struct san_words *w, size_t i)
{
    static const char *const units[] = {
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", NULL};
    return word_among(w, i, units);
}

static long teen_at(const struct san_words *w, size_t i)
{
    static const char *const teens[] = {"ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen",
        "sixteen", "seventeen", "eighteen", "nineteen", NULL};
    return word_among(w, i, teens);
}

static long tens_at(const struct san_words *w, size_t i)
{
    static const char *const tens[] = {
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", NULL};
    return word_among(w, i, tens);
}

/* small = tens [one..nine] | ten..nineteen | zero..nine */
static struct number small_number(const struct san_words *w, size_t i)
{
    long tens = tens_at(w, i), teen = teen_at(w, i), unit = unit_at(w, i);
    if (tens >= 0) {
        long more = unit_at(w, i + 1);
        return (struct number){(tens + 2) * 10 + (more > 0 ? more : 0), more > 0 ? 2 : 1};
    }
    if (teen >= 0)
        return (struct number){teen + 10, 1};
    if (unit >= 0)
        return (struct number){unit, 1};
    return (struct number){0, 0};
}

/* What may follow "hundred": ["and"] small, not zero. */
static struct number tail_of_hundred(const struct san_words *w, size_t i)
{
    size_t and = word_is(w, i, "and");
    struct number small = small_number(w, i + and);
    return small.value ? (struct number){small.value, small.used + and} : (struct number){0, 0};
}

/* What may follow "thousand": ["and"] (one..nine "hundred" [["and"] small] | small), not zero. */
static struct number tail_of_thousand(const struct san_words *w, size_t i)
{
    size_t at = i + word_is(w, i, "and");
    long hundreds = unit_at(w, at);
    if (hundreds <= 0 || !word_is(w, at + 1, "hundred"))
        return tail_of_hundred(w, i);
    struct number rest = tail_of_hundred(w, at + 2);
    return (struct number){hundreds * 100 + rest.value, at + 2 + rest.used - i};
}

/* All digits, 1 to max_digits of them: their value; else -1. */
static long digits_at(const struct san_words *w, size_t i, size_t max_digits)
{
    if (i >= w->count || w->word[i].len > max_digits)
        return -1;
    long value = 0;
    for (const char *p = w->word[i].text; *p; p++) {
        if (!is_digit(*p))
            return -1;
        value = value * 10 + (*p - '0');
    }
    return value;
}

/* What counts the hundreds or thousands at word i: a number word, "a", a few digits; or nothing, and that
 * counts as one. */
static struct number multiplier(const struct san_words *w, size_t i)
{
    struct number n = small_number(w, i);
    if (n.used)
        return n;
    bool hundred = word_is(w, i + 1, "hundred");
    if (hundred || word_is(w, i + 1, "thousand")) {
        long digits = digits_at(w, i, hundred ? 2 : 3);
        if (word_is(w, i, "a"))
            return (struct number){1, 1};
        if (digits >= 0)
            return (struct number){digits, 1};
    }
    if (word_is(w, i, "hundred") || word_is(w, i, "thousand"))
        return (struct number){1, 0};
    return (struct number){0, 0};
}

/* number = [hundred | small | "a" | digits] "thousand" [tail] | hundred | small */
static struct number cardinal(const struct san_words *w, size_t i)
{
    struct number n = multiplier(w, i);
    if (n.value && word_is(w, i + n.used, "hundred")) {
        struct number rest = tail_of_hundred(w, i + n.used + 1);
        n = (struct number){n.value * 100 + rest.value, n.used + 1 + rest.used};
    }
    if (n.value && word_is(w, i + n.used, "thousand")) {
        struct number rest = tail_of_thousand(w, i + n.used + 1);
        n = (struct number){n.value * 1000 + rest.value, n.used + 1 + rest.used};
    }
    return n;
}

static bool all_digits(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

/* "point" and digits, unit words, or another number in words, at word i: how many words; 0 if they are not
 * decimals. */
static size_t decimal_words(const struct san_words *w, size_t i)
{
    if (!word_is(w, i, "point") || i + 1 >= w->count)
        return 0;
    if (all_digits(w->word[i + 1].text))
        return 2;
    size_t end = i + 1;
    while (unit_at(w, end) >= 0)
        end++;
    if (end == i + 1)
        end += cardinal(w, end).used;
    return end > i + 1 ? end - i : 0;
}

/* Writes whole, and the decimals of words [point, point + count) if count is not 0. NULL if out of memory. */
static char *write_decimal(struct san_arena *arena, const struct san_words *w, bool minus, const char *whole,
    size_t point, size_t count)
{
    size_t size = strlen(whole) + count + sizeof("-.") + DECIMALS_MAX;
    if (count)
        size += w->word[point + 1].len;
    char *text = san_arena_alloc(arena, size), *end = text;
    if (!text)
        return NULL;
    end += sprintf(end, "%s%s%s", minus ? "-" : "", whole, count ? "." : "");
    if (!count)
        return text;
    if (all_digits(w->word[point + 1].text))
        strcpy(end, w->word[point + 1].text);
    else if (unit_at(w, point + 1) < 0)
        snprintf(end, DECIMALS_MAX, "%ld", cardinal(w, point + 1).value);
    else
        for (size_t i = point + 1; i < point + count; i++)
            *end++ = (char)('0' + unit_at(w, i));
    return text;
}

/* 21.5 as it stands: digits, one point, digits. */
static bool is_plain_number(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    if (!whole || !text[whole])
        return whole;
    return text[whole] == '.' && all_digits(text + whole + 1);
}

/* Reads the number at word i, signed or not. *used is 0 if there is none; false if out of memory. */
static bool read_number(
    struct san_arena *arena, const struct san_words *w, size_t i, const char **text, size_t *used)
{
    bool minus = (word_is(w, i, "minus") || word_is(w, i, "negative")) && i + 1 < w->count;
    size_t at = i + minus;
    char digits[32];
    const char *whole = w->word[at].text;
    struct number n = cardinal(w, at);
    *used = 0;
    if (n.used) {
        snprintf(digits, sizeof digits, "%ld", n.value);
        whole = digits;
    } else if (all_digits(whole + (*whole == '-'))) {
        n.used = 1;
    } else if (minus && is_plain_number(whole)) {
        *used = 2;
        *text = write_decimal(arena, w, true, whole, 0, 0);
        return *text;
    }
    if (!n.used || (minus && *whole == '-'))
        return true;
    size_t more = decimal_words(w, at + n.used);
    *used = minus + n.used + more;
    *text = write_decimal(arena, w, minus, whole, at + n.used, more);
    return *text;
}

static enum san_status join_numbers(struct san_arena *arena, struct san_words *w, struct san_error *err)
{
    size_t out = 0;
    for (size_t i = 0; i < w->count;) {
        struct san_word word = w->word[i];
        size_t used = 0;
        if (!read_number(arena, w, i, &word.text, &used))
            return san_fail(err, SAN_ENOMEM, "out of memory for a text of %zu words", w->count);
        if (used) {
            word.len = strlen(word.text);
            word.end = w->word[i + used - 1].end;
        }
        w->word[out++] = word;
        i += used ? used : 1;
    }
    w->count = out;
    return SAN_OK;
}

/* ---- the rest ---- */

static void join_percent(struct san_words *w)
{
    size_t out = 0;
    for (size_t i = 0; i < w->count; i++) {
        struct san_word *last = out ? &w->word[out - 1] : NULL;
        if (last && strcmp(last->text, "per") == 0 && word_is(w, i, "cent")) {
            last->text = "percent";
            last->len = strlen(last->text);
            last->end = w->word[i].end;
        } else {
            w->word[out++] = w->word[i];
        }
    }
    w->count = out;
}

/* um, uh, uhm, erm, hmm, the last letter held as long as one likes (ummm); mm. */
static bool is_filler(const struct san_word *word)
{
    static const char *const fillers[] = {"um", "uh", "uhm", "erm", "hmm"};
    for (size_t i = 0; i < sizeof(fillers) / sizeof(*fillers); i++) {
        size_t len = strlen(fillers[i]);
        if (strncmp(word->text, fillers[i], len) == 0 &&
            strspn(word->text + len, fillers[i] + len - 1) == word->len - len)
            return true;
    }
    return strcmp(word->text, "mm") == 0;
}

static void drop_fillers(struct san_words *w)
{
    size_t others = 0, out = 0;
    for (size_t i = 0; i < w->count; i++)
        others += !is_filler(&w->word[i]);
    if (!others)
        return;
    for (size_t i = 0; i < w->count; i++)
        if (!is_filler(&w->word[i]))
            w->word[out++] = w->word[i];
    w->count = out;
}

static enum san_status check_limits(const struct san_words *w, struct san_error *err)
{
    if (w->count > SAN_WORDS_MAX)
        return san_fail(err, SAN_ELIMIT, "text has %zu words: at most %d are read; say less at once",
            w->count, SAN_WORDS_MAX);
    for (size_t i = 0; i < w->count; i++)
        if (w->word[i].len > SAN_WORD_MAX)
            return san_fail(err, SAN_ELIMIT, "the word at byte %zu has %zu bytes: at most %d are read",
                w->word[i].begin, w->word[i].len, SAN_WORD_MAX);
    return SAN_OK;
}

enum san_status san_normalize(
    struct san_arena *arena, const char *text, size_t len, struct san_words *out, struct san_error *err)
{
    struct glyphs glyphs;
    *out = (struct san_words){0};
    if (len > SAN_TEXT_MAX)
        return san_fail(
            err, SAN_ELIMIT, "text has %zu bytes: at most %d are read; say less at once", len, SAN_TEXT_MAX);
    enum san_status status = fold_text(arena, text, len, &glyphs, err);
    if (status == SAN_OK)
        status = split_glyphs(arena, &glyphs, out, err);
    if (status != SAN_OK)
        return status;
    drop_fillers(out); /* first: "twenty um one" is 21 */
    join_percent(out);
    status = join_numbers(arena, out, err);
    return status == SAN_OK ? check_limits(out, err) : status;
}

static enum san_status join_words(
    const struct san_words *words, char *buf, size_t size, struct san_error *err)
{
    size_t at = 0;
    for (size_t i = 0; i < words->count; i++) {
        const struct san_word *word = &words->word[i];
        size_t space = i > 0;
        if (at + space + word->len >= size)
            return san_fail(err, SAN_ELIMIT, "the normalised text does not fit %zu bytes", size);
        if (space)
            buf[at++] = ' ';
        memcpy(buf + at, word->text, word->len);
        at += word->len;
    }
    buf[at] = '\0';
    return SAN_OK;
}

enum san_status san_normalize_to(char *buf, size_t size, const char *text, size_t len, struct san_error *err)
{
    struct san_words words;
    if (!size)
        return san_fail(err, SAN_ELIMIT, "the normalised text does not fit 0 bytes");
    buf[0] = '\0';
    struct san_arena *arena = san_arena_new(SCRATCH_BLOCK, 0);
    if (!arena)
        return san_fail(err, SAN_ENOMEM, "out of memory for a text of %zu bytes", len);
    enum san_status status = san_normalize(arena, text, len, &words, err);
    if (status == SAN_OK)
        status = join_words(&words, buf, size, err);
    san_arena_free(arena);
    return status;
}

bool san_is_utf8(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        int32_t code;
        utf8proc_ssize_t bytes =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(len - at), &code);
        if (bytes < 1)
            return false;
        at += (size_t)bytes;
    }
    return true;
}
