/* json_text.h - JSON at the door of devices/: cJSON with limits, and with integers and floats kept apart.
 *
 * Python, in which Home Assistant renders templates, prints 21 and 21.0 differently; cJSON has one kind of
 * number. json_parse therefore leaves the text of a number written as a float in its node's valuestring;
 * cJSON_Delete and cJSON_Duplicate treat it as they should.
 */
#ifndef HEARTH_JSON_TEXT_H
#define HEARTH_JSON_TEXT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "inference/status.h"

enum { JSON_NUMBER_MAX = 32 }; /* bytes of a printed number that this layer sends */

/* Parses exactly one JSON value out of text[0..len), at most depth_max levels deep. The caller owns it
 * (cJSON_Delete). NULL and *err: SAN_EFORMAT (not UTF-8, not JSON, a \u0000), SAN_ELIMIT (too deep),
 * SAN_ENOMEM. */
cJSON *json_parse(const char *text, size_t len, int depth_max, struct san_error *err);

/* True if text[0..len) is UTF-8 without NUL. */
bool json_text_is_utf8(const char *text, size_t len);

/* A number node written as a float: 21.0 and not 21. */
bool json_is_float(const cJSON *item);
/* A new number node that counts as a float even where it is a whole number; NULL if out of memory. */
cJSON *json_create_float(double number);

/* Python's str() of a number: "21", "21.5", "1e+16"; with is_float also "21.0". */
void json_number_text(char buf[static JSON_NUMBER_MAX], double number, bool is_float);
/* Reads text as a whole as a finite decimal number, blanks around it allowed. */
bool json_text_number(const char *text, double *number);

/* The text of a string member, or NULL. */
const char *json_member_text(const cJSON *object, const char *key);

#endif
