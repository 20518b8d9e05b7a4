/* number.c - numbers, spelt token by token and held to a range. */
#include "number.h"

#include <stdio.h>
#include <string.h>

static const int32_t powers[SAN_NUMBER_DIGITS + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};

/* ---- how a tokenizer spells numbers ---- */

struct spelling {
    int32_t ids[4 * SAN_NUMBER_PREFIX_MAX];
    int count;
};

static struct spelling spell(const struct san_tokenizer *tokenizer, const char *word)
{
    struct spelling s;
    s.count = san_tokenizer_word(tokenizer, word, strlen(word), s.ids, (int)(sizeof s.ids / sizeof *s.ids));
    return s;
}

/* Everything before the last token of a word; false if there is no room or no token. */
static bool affix_of(struct spelling s, int skip, struct san_affix *out)
{
    int count = s.count - 1 - skip;
    if (s.count < 1 || count < 0 || count > SAN_NUMBER_PREFIX_MAX)
        return false;
    memcpy(out->ids, s.ids + skip, (size_t)count * sizeof *out->ids);
    out->count = (size_t)count;
    return true;
}

/* Whether a word is spelt as prefix, digits[0], middle, digits[1], as the automaton would write it. */
static bool is_spelt(const struct spelling *s, const struct san_affix *prefix, const struct san_affix *middle,
    int32_t first, int32_t second)
{
    size_t count = prefix->count + middle->count + 2;
    if (s->count != (int)count)
        return false;
    return memcmp(s->ids, prefix->ids, prefix->count * sizeof *s->ids) == 0 &&
           s->ids[prefix->count] == first &&
           memcmp(s->ids + prefix->count + 1, middle->ids, middle->count * sizeof *s->ids) == 0 &&
           s->ids[count - 1] == second;
}

/* Every pair of digits, with either sign, joined and with a point: spelt from the parts that were found. */
static bool parts_suffice(const struct san_digits *d, const struct san_tokenizer *tokenizer)
{
    const struct san_affix nothing = {.count = 0};
    for (int i = 0; i < 100; i++) {
        for (int sign = 0; sign < 2; sign++) {
            char first = (char)('0' + i / 10), second = (char)('0' + i % 10);
            const char joined[] = {'-', first, second, '\0'}, decimal[] = {'-', first, '.', second, '\0'};
            const struct san_affix *prefix = sign ? &d->minus : &d->plus;
            struct spelling a = spell(tokenizer, joined + !sign), b = spell(tokenizer, decimal + !sign);
            if (!is_spelt(&a, prefix, &nothing, d->digit[i / 10], d->digit[i % 10]) ||
                !is_spelt(&b, prefix, &d->point, d->digit[i / 10], d->digit[i % 10]))
                return false;
        }
    }
    return true;
}

enum san_status san_digits_init(
    struct san_digits *out, const struct san_tokenizer *tokenizer, struct san_error *err)
{
    bool found = true;
    for (int i = 0; i < 10 && found; i++) {
        char word[2] = {(char)('0' + i), '\0'};
        struct spelling s = spell(tokenizer, word);
        found = s.count > 0;
        if (found)
            out->digit[i] = s.ids[s.count - 1];
    }
    found = found && affix_of(spell(tokenizer, "5"), 0, &out->plus) &&
            affix_of(spell(tokenizer, "-5"), 0, &out->minus) &&
            affix_of(spell(tokenizer, "5.5"), (int)out->plus.count + 1, &out->point) && out->point.count &&
            parts_suffice(out, tokenizer);
    if (!found)
        return san_fail(err, SAN_EUNSUPPORTED,
            "the model's tokenizer does not give every digit a token of its own: numbers cannot be held to a "
            "range");
    return SAN_OK;
}

/* ---- what can still be reached ---- */

/* The range of the number without its sign. */
struct magnitudes {
    int64_t min, max;
};

static struct magnitudes magnitudes_of(const struct san_range *range, bool negative)
{
    int64_t min = negative ? -range->max : range->min, max = negative ? -range->min : range->max;
    return (struct magnitudes){min > 0 ? min : 0, max};
}

/* Whether [low, high] holds a multiple of step within m. */
static bool meets(struct magnitudes m, int64_t low, int64_t high, int64_t step)
{
    int64_t from = low > m.min ? low : m.min, to = high < m.max ? high : m.max;
    return from <= to && (from + step - 1) / step * step <= to;
}

/* Decimals needed when the point stands and `written` of them do: 0, 1, 2 or -1. At least one must follow the
 * point. */
static int decimals_needed(struct magnitudes m, const struct san_number *n)
{
    int64_t whole = (int64_t)n->whole * 100;
    if (n->decimals == 2)
        return meets(m, whole + n->fraction, whole + n->fraction, 1) ? 0 : -1;
    if (n->decimals == 1) {
        int64_t tenths = whole + n->fraction * 10;
        return meets(m, tenths, tenths, 1) ? 0 : meets(m, tenths, tenths + 9, 1) ? 1 : -1;
    }
    return meets(m, whole, whole + 99, 10) ? 1 : meets(m, whole, whole + 99, 1) ? 2 : -1;
}

/* Tokens needed once the whole part is any of [low, high]: none, or the point and decimals; -1 if nothing
 * helps. */
static int tail_needed(
    const struct san_digits *d, const struct san_range *range, struct magnitudes m, int64_t low, int64_t high)
{
    if (meets(m, low * 100, high * 100, 100))
        return 0;
    if (range->integer)
        return -1;
    if (meets(m, low * 100, high * 100 + 99, 10))
        return (int)d->point.count + 1;
    return meets(m, low * 100, high * 100 + 99, 1) ? (int)d->point.count + 2 : -1;
}

/* Tokens needed while the whole part is being written. */
static int whole_needed(const struct san_digits *d, const struct san_range *range, struct magnitudes m,
    const struct san_number *n)
{
    int best = -1;
    bool fixed = n->digits && !n->whole; /* nothing follows a leading zero */
    for (int more = n->digits ? 0 : 1; n->digits + more <= SAN_NUMBER_DIGITS && (!fixed || !more); more++) {
        int64_t low = n->digits ? (int64_t)n->whole * powers[more] : more > 1 ? powers[more - 1] : 0;
        int64_t high = (int64_t)n->whole * powers[more] + powers[more] - 1;
        int tail = tail_needed(d, range, m, low, high);
        if (tail >= 0 && (best < 0 || more + tail < best))
            best = more + tail;
    }
    return best;
}

int san_number_cost(
    const struct san_digits *digits, const struct san_range *range, const struct san_number *number)
{
    const struct san_affix *prefix = number->negative ? &digits->minus : &digits->plus;
    struct magnitudes m = magnitudes_of(range, number->negative);
    if (number->negative && range->min >= 0)
        return -1;
    int lead = (int)(prefix->count - number->prefix);
    int rest = 0;
    if (number->point) {
        lead += (int)(digits->point.count - number->point);
        rest = decimals_needed(m, number);
    } else {
        rest = whole_needed(digits, range, m, number);
    }
    return rest < 0 ? -1 : lead + rest;
}

/* Appends the option if the range can still be met behind it. */
static size_t offer(const struct san_digits *d, const struct san_range *range, int32_t token,
    struct san_number after, struct san_number_option *out, size_t count)
{
    int cost = san_number_cost(d, range, &after);
    if (cost < 0)
        return count;
    out[count] = (struct san_number_option){token, cost, after};
    return count + 1;
}

/* One more digit. */
static struct san_number with_digit(const struct san_number *number, int digit)
{
    struct san_number n = *number;
    if (n.point) {
        n.fraction = n.fraction * 10 + digit;
        n.decimals++;
    } else {
        n.whole = n.whole * 10 + digit;
        n.digits++;
    }
    return n;
}

static bool takes_digit(const struct san_digits *d, const struct san_number *n)
{
    if (n->point)
        return n->point == d->point.count && n->decimals < 2;
    return n->digits < SAN_NUMBER_DIGITS && !(n->digits && !n->whole);
}

size_t san_number_next(const struct san_digits *digits, const struct san_range *range,
    const struct san_number *number, struct san_number_option out[static SAN_NUMBER_OPTIONS_MAX])
{
    const struct san_affix *prefix = number->negative ? &digits->minus : &digits->plus;
    size_t count = 0;
    if (number->prefix < prefix->count) {
        struct san_number n = *number;
        n.prefix++;
        return offer(digits, range, prefix->ids[number->prefix], n, out, 0);
    }
    for (int i = 0; i < 10 && takes_digit(digits, number); i++)
        count = offer(digits, range, digits->digit[i], with_digit(number, i), out, count);
    if (number->digits && !range->integer && number->point < digits->point.count) {
        struct san_number n = *number;
        n.point++;
        count = offer(digits, range, digits->point.ids[number->point], n, out, count);
    }
    return count;
}

int64_t san_number_hundredths(const struct san_number *number)
{
    int64_t fraction = number->decimals == 1 ? number->fraction * 10 : number->fraction;
    int64_t value = (int64_t)number->whole * 100 + fraction;
    return number->negative ? -value : value;
}

void san_number_print(int64_t hundredths, char out[static SAN_NUMBER_TEXT])
{
    int64_t size = hundredths < 0 ? -hundredths : hundredths;
    int whole = (int)(size / 100), fraction = (int)(size % 100);
    const char *sign = hundredths < 0 ? "-" : "";
    if (!fraction)
        snprintf(out, SAN_NUMBER_TEXT, "%s%d", sign, whole);
    else if (fraction % 10 == 0)
        snprintf(out, SAN_NUMBER_TEXT, "%s%d.%d", sign, whole, fraction / 10);
    else
        snprintf(out, SAN_NUMBER_TEXT, "%s%d.%02d", sign, whole, fraction);
}
