/* beside.c - see beside.h. */
#include "beside.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scored {
    const char *text; /* in .texts */
    float score[BESIDE_PLACES];
};

struct beside {
    struct beside_weights weights;
    float unknown[BESIDE_PLACES];
    struct scored *words; /* in the order of strcmp, as the leads */
    const char **leads;
    size_t word_count, lead_count;
    char *texts; /* of both, one behind the other */
};

/* ---- reading ---- */

static cJSON *read_document(const char *path, struct san_error *err)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        san_fail(err, SAN_EIO, "%s: %s", path, strerror(errno));
        return NULL;
    }
    char *text = malloc(BESIDE_FILE_MAX + 1);
    size_t len = text ? fread(text, 1, BESIDE_FILE_MAX + 1, file) : 0;
    bool whole = text && !ferror(file) && len <= BESIDE_FILE_MAX;
    fclose(file);
    cJSON *document = whole ? cJSON_ParseWithLength(text, len) : NULL;
    free(text);
    if (!whole)
        san_fail(err, SAN_EIO, "%s: unreadable, or larger than %d bytes", path, BESIDE_FILE_MAX);
    else if (!document)
        san_fail(err, SAN_EFORMAT, "%s: not JSON: write it again with training/data/beside.py", path);
    return document;
}

static bool read_number(const cJSON *object, const char *key, double *out)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, key);
    *out = cJSON_IsNumber(number) ? number->valuedouble : NAN;
    return isfinite(*out);
}

static bool read_scores(const cJSON *array, float *out)
{
    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) != BESIDE_PLACES)
        return false;
    for (int i = 0; i < BESIDE_PLACES; i++) {
        const cJSON *number = cJSON_GetArrayItem(array, i);
        if (!cJSON_IsNumber(number) || !isfinite(number->valuedouble))
            return false;
        out[i] = (float)number->valuedouble;
    }
    return true;
}

static bool is_word(const char *text)
{
    return text && text[0] && strlen(text) <= BESIDE_WORD_MAX;
}

/* Bytes of all texts with their NULs; 0 if one of the items is not what it should be. */
static size_t size_of_texts(const cJSON *words, const cJSON *leads)
{
    size_t size = 1;
    const cJSON *item;
    cJSON_ArrayForEach(item, words)
    {
        if (!is_word(item->string))
            return 0;
        size += strlen(item->string) + 1;
    }
    cJSON_ArrayForEach(item, leads)
    {
        if (!cJSON_IsString(item) || !is_word(item->valuestring))
            return 0;
        size += strlen(item->valuestring) + 1;
    }
    return size;
}

static int by_text(const void *a, const void *b)
{
    const struct scored *left = a, *right = b;
    return strcmp(left->text, right->text);
}

static int by_string(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *keep(char **end, const char *text)
{
    char *kept = *end;
    *end = stpcpy(kept, text) + 1;
    return kept;
}

/* Room for everything was made. False if a score is none. */
static bool copy_words(struct beside *beside, const cJSON *words, const cJSON *leads)
{
    char *end = beside->texts;
    const cJSON *item;
    cJSON_ArrayForEach(item, words)
    {
        struct scored *word = &beside->words[beside->word_count++];
        word->text = keep(&end, item->string);
        if (!read_scores(item, word->score))
            return false;
    }
    cJSON_ArrayForEach(item, leads) beside->leads[beside->lead_count++] = keep(&end, item->valuestring);
    qsort(beside->words, beside->word_count, sizeof(*beside->words), by_text);
    qsort(beside->leads, beside->lead_count, sizeof(*beside->leads), by_string);
    return true;
}

static bool read_weights(const cJSON *document, struct beside *beside)
{
    struct beside_weights *weights = &beside->weights;
    return read_scores(cJSON_GetObjectItemCaseSensitive(document, "article"), weights->article) &&
           read_number(document, "whole", &weights->whole) && read_number(document, "sure", &weights->sure) &&
           read_number(document, "usual", &weights->usual) &&
           read_scores(cJSON_GetObjectItemCaseSensitive(document, "unknown"), beside->unknown);
}

static enum san_status read_all(
    const cJSON *document, const char *path, struct beside *beside, struct san_error *err)
{
    const cJSON *words = cJSON_GetObjectItemCaseSensitive(document, "words");
    const cJSON *leads = cJSON_GetObjectItemCaseSensitive(document, "leads");
    if (!read_weights(document, beside) || !cJSON_IsObject(words) || !cJSON_IsArray(leads))
        return san_fail(
            err, SAN_EFORMAT, "%s: a part is missing: write it again with training/data/beside.py", path);
    int word_count = cJSON_GetArraySize(words), lead_count = cJSON_GetArraySize(leads);
    if (word_count > BESIDE_WORDS_MAX || lead_count > BESIDE_WORDS_MAX)
        return san_fail(err, SAN_ELIMIT, "%s: more than %d words", path, BESIDE_WORDS_MAX);
    size_t size = size_of_texts(words, leads);
    if (size == 0)
        return san_fail(
            err, SAN_EFORMAT, "%s: a word is empty, or longer than %d bytes", path, BESIDE_WORD_MAX);
    beside->words = calloc((size_t)word_count + 1, sizeof(*beside->words));
    beside->leads = calloc((size_t)lead_count + 1, sizeof(*beside->leads));
    beside->texts = malloc(size);
    if (!beside->words || !beside->leads || !beside->texts)
        return san_fail(err, SAN_ENOMEM, "out of memory for the words of %s", path);
    return copy_words(beside, words, leads)
               ? SAN_OK
               : san_fail(err, SAN_EFORMAT, "%s: a word's scores are not %d numbers", path, BESIDE_PLACES);
}

struct beside *beside_load(const char *path, struct san_error *err)
{
    cJSON *document = read_document(path, err);
    struct beside *beside = document ? calloc(1, sizeof(*beside)) : NULL;
    if (document && !beside)
        san_fail(err, SAN_ENOMEM, "out of memory for the words of %s", path);
    if (beside && read_all(document, path, beside, err) != SAN_OK) {
        beside_free(beside);
        beside = NULL;
    }
    cJSON_Delete(document);
    return beside;
}

void beside_free(struct beside *beside)
{
    if (!beside)
        return;
    free(beside->words);
    free(beside->leads);
    free(beside->texts);
    free(beside);
}

/* ---- looking up ---- */

double beside_score(const struct beside *beside, const char *word, enum beside_place place)
{
    const struct scored key = {.text = word};
    const struct scored *found =
        bsearch(&key, beside->words, beside->word_count, sizeof(*beside->words), by_text);
    return (double)(found ? found->score : beside->unknown)[place];
}

bool beside_leads(const struct beside *beside, const char *word)
{
    return bsearch(&word, beside->leads, beside->lead_count, sizeof(*beside->leads), by_string) != NULL;
}

const struct beside_weights *beside_weights(const struct beside *beside)
{
    return &beside->weights;
}
