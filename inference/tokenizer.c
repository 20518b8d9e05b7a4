/* tokenizer.c - see tokenizer.h. All texts in one block, found by an open-addressing table. */
#include "inference/tokenizer.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inference/text.h"

enum {
    VOCAB_MAX = 65536,
    TOKEN_BYTES_MAX = SAN_SPELLING_MAX,
    SPACE_LEN = 3, /* U+2581 */
    WORD_BYTES = SPACE_LEN + SAN_WORD_MAX,
};

static const char space[] = "\xe2\x96\x81";

enum token_type { /* SentencePiece's, as GGUF numbers them */
    TOKEN_NORMAL = 1,
    TOKEN_BYTE = 6,
    TOKEN_TYPE_LAST = TOKEN_BYTE,
};

struct san_tokenizer {
    size_t size;
    int32_t eos;
    char *texts;      /* each NUL-terminated */
    uint32_t *offset; /* [size + 1] into texts */
    float *scores;    /* [size] */
    int32_t *types;   /* [size] */
    int32_t *slots;   /* [mask + 1]: an id or -1 */
    uint32_t mask;    /* table size - 1; the table is at most half full */
    int32_t bytes[256];
    bool space_first;  /* running text begins with a space that is not in it */
    bool merge_spaces; /* several spaces are one, and none stands at an end */
    bool whole_words;  /* no piece of text has U+2581 behind its beginning */
};

/* ---- lookup ---- */

static uint32_t hash(const char *text, size_t len) /* FNV-1a */
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)text[i]) * 16777619u;
    return h;
}

static size_t token_len(const struct san_tokenizer *t, int32_t id)
{
    return t->offset[id + 1] - t->offset[id] - 1;
}

/* The slot that holds the text, or the free one where it would go. */
static int32_t *slot_of(const struct san_tokenizer *t, const char *text, size_t len)
{
    uint32_t i = hash(text, len) & t->mask;
    while (t->slots[i] >= 0) {
        int32_t id = t->slots[i];
        if (token_len(t, id) == len && memcmp(t->texts + t->offset[id], text, len) == 0)
            break;
        i = (i + 1) & t->mask;
    }
    return &t->slots[i];
}

int32_t san_tokenizer_find(const struct san_tokenizer *t, const char *text)
{
    return *slot_of(t, text, strlen(text));
}

/* The piece of ordinary text with these bytes, or -1. */
static int32_t find_piece(const struct san_tokenizer *t, const char *text, size_t len)
{
    int32_t id = *slot_of(t, text, len);
    return id >= 0 && t->types[id] == TOKEN_NORMAL ? id : -1;
}

size_t san_tokenizer_size(const struct san_tokenizer *t)
{
    return t->size;
}

int32_t san_tokenizer_eos(const struct san_tokenizer *t)
{
    return t->eos;
}

const char *san_tokenizer_text(const struct san_tokenizer *t, int32_t id)
{
    return t->texts + t->offset[id];
}

/* ---- one word ----
 *
 * The word is a row of symbols, at first its characters. The pair of neighbours that makes the piece of best
 * score is merged, the leftmost of equals, until no pair makes a piece. Words are short: a scan over the
 * pairs for each merge costs less than a heap. */

struct symbols {
    const char *text;
    uint16_t *start; /* symbol i is text[start[i] .. start[i + 1]) */
    int32_t *merged; /* the piece that symbols i and i + 1 make, or -1 */
    int count;
};

static size_t character_len(unsigned char lead)
{
    return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

static void look_up_pair(const struct san_tokenizer *t, struct symbols *s, int i)
{
    if (i >= 0 && i + 1 < s->count)
        s->merged[i] = find_piece(t, s->text + s->start[i], (size_t)(s->start[i + 2] - s->start[i]));
}

static void split_characters(const struct san_tokenizer *t, struct symbols *s, size_t end)
{
    s->count = 0;
    for (size_t at = 0; at < end; s->count++) {
        s->start[s->count] = (uint16_t)at;
        size_t step = character_len((unsigned char)s->text[at]);
        at += step < end - at ? step : end - at;
    }
    s->start[s->count] = (uint16_t)end;
    for (int i = 0; i + 1 < s->count; i++)
        look_up_pair(t, s, i);
}

static int best_pair(const struct san_tokenizer *t, const struct symbols *s)
{
    int best = -1;
    for (int i = 0; i + 1 < s->count; i++)
        if (s->merged[i] >= 0 && (best < 0 || t->scores[s->merged[i]] > t->scores[s->merged[best]]))
            best = i;
    return best;
}

static void merge_pair(const struct san_tokenizer *t, struct symbols *s, int i)
{
    int behind = s->count - (i + 2);
    memmove(&s->start[i + 1], &s->start[i + 2], (size_t)(behind + 1) * sizeof(s->start[0]));
    memmove(&s->merged[i + 1], &s->merged[i + 2], (size_t)behind * sizeof(s->merged[0]));
    s->count--;
    look_up_pair(t, s, i - 1);
    look_up_pair(t, s, i);
}

/* The pieces of s->text[0..end), as many as max; -1 if there are more. */
static int merge_all(const struct san_tokenizer *t, struct symbols *s, size_t end, int32_t *ids, int max)
{
    split_characters(t, s, end);
    for (int best = best_pair(t, s); best >= 0; best = best_pair(t, s))
        merge_pair(t, s, best);
    int count = 0;
    for (int i = 0; i < s->count; i++) {
        size_t symbol_len = (size_t)(s->start[i + 1] - s->start[i]);
        int32_t id = find_piece(t, s->text + s->start[i], symbol_len);
        size_t pieces = id >= 0 ? 1 : symbol_len;
        for (size_t j = 0; j < pieces; j++) {
            if (count >= max)
                return -1;
            ids[count++] = id >= 0 ? id : t->bytes[(uint8_t)s->text[s->start[i] + j]];
        }
    }
    return count;
}

int san_tokenizer_word(const struct san_tokenizer *t, const char *word, size_t len, int32_t *ids, int max)
{
    if (len > SAN_WORD_MAX)
        return -1;
    char text[WORD_BYTES];
    uint16_t start[WORD_BYTES + 1];
    int32_t merged[WORD_BYTES];
    struct symbols s = {.text = text, .start = start, .merged = merged};
    memcpy(text, space, SPACE_LEN);
    memcpy(text + SPACE_LEN, word, len);
    return merge_all(t, &s, SPACE_LEN + len, ids, max);
}

/* ---- running text ---- */

/* The text as pieces spell it; returns its length. to has room for SPACE_LEN * (len + 1). */
static size_t spell_spaces(const struct san_tokenizer *t, const char *text, size_t len, char *to)
{
    size_t count = 0;
    bool in_word = !t->merge_spaces; /* a space counts, if it is not the first of several, or in front */
    while (t->merge_spaces && len && text[len - 1] == ' ')
        len--;
    if (t->space_first && len) {
        memcpy(to, space, SPACE_LEN);
        count = SPACE_LEN;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ' ') {
            to[count++] = text[i];
            in_word = true;
        } else if (in_word) {
            memcpy(to + count, space, SPACE_LEN);
            count += SPACE_LEN;
            in_word = !t->merge_spaces;
        }
    }
    return count;
}

/* Where the part that begins at `at` ends: no piece reaches beyond. */
static size_t part_end(const struct san_tokenizer *t, const char *text, size_t at, size_t end)
{
    if (!t->whole_words)
        return end;
    for (at++; at < end; at++)
        if (end - at >= SPACE_LEN && memcmp(text + at, space, SPACE_LEN) == 0)
            return at;
    return end;
}

int san_tokenizer_running(
    const struct san_tokenizer *t, const char *text, size_t len, void *scratch, int32_t *ids, int max)
{
    if (len > SAN_RUNNING_MAX)
        return -1;
    size_t room = SPACE_LEN * (len + 1);
    struct symbols s = {.merged = scratch};
    s.start = (uint16_t *)(s.merged + room);
    char *spelt = (char *)(s.start + room + 1);
    size_t end = spell_spaces(t, text, len, spelt);
    int count = 0;
    for (size_t at = 0, next; at < end; at = next) {
        next = part_end(t, spelt, at, end);
        s.text = spelt + at;
        int n = merge_all(t, &s, next - at, ids + count, max - count);
        if (n < 0)
            return -1;
        count += n;
    }
    return count;
}

size_t san_tokenizer_spelling(const struct san_tokenizer *t, int32_t id, char out[SAN_SPELLING_MAX])
{
    const char *text = san_tokenizer_text(t, id);
    size_t len = token_len(t, id), count = 0;
    if (t->types[id] == TOKEN_BYTE) {
        unsigned byte = 0;
        sscanf(text, "<0x%2X>", &byte);
        out[0] = (char)byte;
        return 1;
    }
    for (size_t i = 0; t->types[id] == TOKEN_NORMAL && i < len; count++) {
        bool is_space = len - i >= SPACE_LEN && memcmp(text + i, space, SPACE_LEN) == 0;
        out[count] = is_space ? ' ' : text[i];
        i += is_space ? SPACE_LEN : 1;
    }
    return count;
}

/* ---- reading the file ---- */

static enum san_status allocate(struct san_tokenizer *t, size_t size, struct san_error *err)
{
    uint32_t table = 16;
    while (table < 2 * size)
        table *= 2;
    t->size = size;
    t->mask = table - 1;
    t->offset = calloc(size + 1, sizeof(*t->offset));
    t->scores = calloc(size, sizeof(*t->scores));
    t->types = calloc(size, sizeof(*t->types));
    t->slots = malloc(table * sizeof(*t->slots));
    if (!t->offset || !t->scores || !t->types || !t->slots)
        return san_fail(err, SAN_ENOMEM, "the tokenizer: out of memory");
    memset(t->slots, 0xff, table * sizeof(*t->slots));
    return SAN_OK;
}

static enum san_status check_text(
    const struct san_gguf *file, size_t id, struct san_str text, struct san_error *err)
{
    if (!text.len || text.len > TOKEN_BYTES_MAX || memchr(text.ptr, 0, text.len))
        return san_fail(err, SAN_EFORMAT, "%s: token %zu is empty, longer than %d bytes or has a NUL byte",
            san_gguf_name(file), id, TOKEN_BYTES_MAX);
    return SAN_OK;
}

static enum san_status read_texts(struct san_tokenizer *t, const struct san_gguf *file, struct san_error *err)
{
    size_t total = 0;
    uint64_t cursor = 0;
    struct san_str text;
    for (size_t i = 0; i < t->size; i++) {
        enum san_status status = san_gguf_array_str(file, "tokenizer.ggml.tokens", &cursor, &text, err);
        if (!status)
            status = check_text(file, i, text, err);
        if (status)
            return status;
        total += text.len + 1;
    }
    t->texts = calloc(total, 1);
    if (!t->texts)
        return san_fail(err, SAN_ENOMEM, "%s: out of memory", san_gguf_name(file));
    cursor = 0;
    for (size_t i = 0; i < t->size; i++) {
        enum san_status status = san_gguf_array_str(file, "tokenizer.ggml.tokens", &cursor, &text, err);
        if (status)
            return status;
        memcpy(t->texts + t->offset[i], text.ptr, text.len);
        t->offset[i + 1] = t->offset[i] + (uint32_t)text.len + 1;
    }
    return SAN_OK;
}

static enum san_status index_texts(
    struct san_tokenizer *t, const struct san_gguf *file, struct san_error *err)
{
    for (int32_t id = 0; id < (int32_t)t->size; id++) {
        int32_t *slot = slot_of(t, san_tokenizer_text(t, id), token_len(t, id));
        if (*slot >= 0)
            return san_fail(
                err, SAN_EFORMAT, "%s: tokens %d and %d are the same", san_gguf_name(file), *slot, id);
        *slot = id;
    }
    return SAN_OK;
}

static enum san_status check_tokens(
    struct san_tokenizer *t, const struct san_gguf *file, struct san_error *err)
{
    for (size_t i = 0; i < t->size; i++) {
        if (!isfinite(t->scores[i]))
            return san_fail(
                err, SAN_EFORMAT, "%s: the score of token %zu is no number", san_gguf_name(file), i);
        if (t->types[i] < TOKEN_NORMAL || t->types[i] > TOKEN_TYPE_LAST)
            return san_fail(
                err, SAN_EFORMAT, "%s: token %zu has unknown type %d", san_gguf_name(file), i, t->types[i]);
    }
    for (unsigned byte = 0; byte < 256; byte++) {
        char text[8];
        snprintf(text, sizeof(text), "<0x%02X>", byte & 0xff);
        int32_t id = san_tokenizer_find(t, text);
        if (id < 0 || t->types[id] != TOKEN_BYTE)
            return san_fail(err, SAN_EFORMAT, "%s: byte token %s is missing", san_gguf_name(file), text);
        t->bytes[byte] = id;
    }
    return SAN_OK;
}

static enum san_status read_flag(
    const struct san_gguf *file, const char *key, bool *out, struct san_error *err)
{
    *out = true; /* what SentencePiece does by default */
    return san_gguf_has(file, key) ? san_gguf_bool(file, key, out, err) : SAN_OK;
}

static enum san_status read_spacing(
    struct san_tokenizer *t, const struct san_gguf *file, struct san_error *err)
{
    enum san_status status = read_flag(file, "tokenizer.ggml.add_space_prefix", &t->space_first, err);
    if (!status)
        status = read_flag(file, "tokenizer.ggml.remove_extra_whitespaces", &t->merge_spaces, err);
    t->whole_words = true;
    for (size_t i = 0; i < t->size && t->whole_words; i++)
        if (t->types[i] == TOKEN_NORMAL && strstr(san_tokenizer_text(t, (int32_t)i) + 1, space))
            t->whole_words = false;
    return status;
}

static enum san_status read_eos(struct san_tokenizer *t, const struct san_gguf *file, struct san_error *err)
{
    uint32_t eos;
    enum san_status status = san_gguf_u32(file, "tokenizer.ggml.eos_token_id", &eos, err);
    if (status)
        return status;
    if (eos >= t->size)
        return san_fail(err, SAN_EFORMAT, "%s: tokenizer.ggml.eos_token_id is %u of %zu tokens",
            san_gguf_name(file), eos, t->size);
    t->eos = (int32_t)eos;
    return SAN_OK;
}

static enum san_status check_kind(const struct san_gguf *file, size_t *size, struct san_error *err)
{
    struct san_str kind;
    enum san_status status = san_gguf_str(file, "tokenizer.ggml.model", &kind, err);
    if (!status && (kind.len != 5 || memcmp(kind.ptr, "llama", 5) != 0))
        return san_fail(err, SAN_EUNSUPPORTED,
            "%s: tokenizer.ggml.model is not \"llama\" (SentencePiece BPE), the one that is read",
            san_gguf_name(file));
    if (!status)
        status = san_gguf_array_len(file, "tokenizer.ggml.tokens", size, err);
    if (!status && (*size == 0 || *size > VOCAB_MAX))
        return san_fail(
            err, SAN_ELIMIT, "%s: %zu tokens; 1 to %d are read", san_gguf_name(file), *size, VOCAB_MAX);
    return status;
}

static enum san_status read_file(struct san_tokenizer *t, const struct san_gguf *file, struct san_error *err)
{
    size_t size = 0;
    enum san_status status = check_kind(file, &size, err);
    if (!status)
        status = allocate(t, size, err);
    if (!status)
        status = san_gguf_array_f32(file, "tokenizer.ggml.scores", t->scores, size, err);
    if (!status)
        status = san_gguf_array_i32(file, "tokenizer.ggml.token_type", t->types, size, err);
    if (!status)
        status = read_texts(t, file, err);
    if (!status)
        status = index_texts(t, file, err);
    if (!status)
        status = check_tokens(t, file, err);
    if (!status)
        status = read_spacing(t, file, err);
    if (!status)
        status = read_eos(t, file, err);
    return status;
}

struct san_tokenizer *san_tokenizer_new(const struct san_gguf *file, struct san_error *err)
{
    struct san_tokenizer *t = calloc(1, sizeof(*t));
    if (!t) {
        san_fail(err, SAN_ENOMEM, "%s: out of memory", san_gguf_name(file));
        return NULL;
    }
    if (read_file(t, file, err)) {
        san_tokenizer_free(t);
        return NULL;
    }
    return t;
}

void san_tokenizer_free(struct san_tokenizer *t)
{
    if (!t)
        return;
    free(t->slots);
    free(t->types);
    free(t->scores);
    free(t->offset);
    free(t->texts);
    free(t);
}
