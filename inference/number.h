/* number.h - numbers, spelt token by token and held to a range. Internal to libsan.
 *
 * A number is written as the normaliser writes it: perhaps a minus sign, digits without a leading zero, and
 * for what is no integer at most two decimals. Which tokens that takes is read from the tokenizer; all
 * arithmetic is in hundredths.
 */
#ifndef SAN_NUMBER_H
#define SAN_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"
#include "tokenizer.h"

enum {
    SAN_NUMBER_DIGITS = 7,       /* before the point */
    SAN_NUMBER_MAX = 9999999,    /* either side of zero */
    SAN_NUMBER_PREFIX_MAX = 8,   /* tokens before the first digit, or of the point */
    SAN_NUMBER_OPTIONS_MAX = 11, /* ten digits and a point */
    SAN_NUMBER_TEXT = 16,        /* bytes of "-9999999.99" with its NUL, and to spare */
};

/* How a tokenizer spells numbers. */
struct san_digits {
    int32_t digit[10];
    struct san_affix {
        int32_t ids[SAN_NUMBER_PREFIX_MAX];
        size_t count;
    } plus, minus, point; /* before an unsigned number, before a negative one, between digits */
};

/* Both ends belong to it; in hundredths. */
struct san_range {
    int64_t min, max;
    bool integer;
};

/* A number as far as it is written. {.negative = sign} is one that has not begun. */
struct san_number {
    bool negative;
    uint8_t prefix, digits, point, decimals; /* tokens of each that are written */
    int32_t whole, fraction;                 /* what the digits say */
};

struct san_number_option {
    int32_t token;
    int cost; /* tokens still needed behind it */
    struct san_number after;
};

/* Reads the spelling from a tokenizer. SAN_EUNSUPPORTED if it does not give each digit a token of its own. */
enum san_status san_digits_init(
    struct san_digits *out, const struct san_tokenizer *tokenizer, struct san_error *err);

/* The fewest tokens that make it a number of the range: 0 if it is one, -1 if nothing can. */
int san_number_cost(
    const struct san_digits *digits, const struct san_range *range, const struct san_number *number);
/* The tokens that may follow: those behind which the range can still be met. Returns how many, at most
 * SAN_NUMBER_OPTIONS_MAX. */
size_t san_number_next(const struct san_digits *digits, const struct san_range *range,
    const struct san_number *number, struct san_number_option out[static SAN_NUMBER_OPTIONS_MAX]);

/* Its value, times a hundred. */
int64_t san_number_hundredths(const struct san_number *number);
/* As JSON writes it: 21, -5, 21.5. */
void san_number_print(int64_t hundredths, char out[static SAN_NUMBER_TEXT]);

#endif
