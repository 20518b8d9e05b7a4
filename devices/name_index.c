/* name_index.c - names by their words, found also when misspoken.
 *
 * Each distinct word of the names is filed under several keys: itself, its singular, itself without each one
 * of its letters (two words one letter apart then share a key: Garbe's symmetric delete), and its sound. All
 * keys are 64-bit hashes in one sorted array, so a query word costs some ten binary searches, whatever the
 * size of the home.
 */
#include "name_index.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DELETE_MIN = 4, PREFIX_MIN = 4, SOUND_MIN = 4, MEETINGS_MAX = 64, WEIGHT_ONE = 200 };

/* How much a meeting of two words counts, in units of 1 / WEIGHT_ONE. */
enum weight { EXACT = 200, PLURAL = 190, JOINED = 180, ONE_LETTER = 140, PREFIX = 110, SOUND = 80 };

enum key_kind { KEY_STEM = 1, KEY_DELETE, KEY_SOUND };

struct key {
    uint64_t hash;
    uint32_t word;
};

struct posting {
    uint32_t entry;
    uint8_t first, count; /* positions in the entry: two for joined words */
};

struct word {
    const char *text;
    size_t len;
    uint32_t postings, posting_count; /* slice of name_index.postings */
    float idf;
    bool tells;
};

struct occurrence { /* before building: one word at one place */
    const char *text;
    size_t len;
    struct posting at;
};

struct entry_words {
    uint8_t count;
    uint32_t word[NAME_WORDS_MAX];
    float total; /* sum of the words' idf */
};

struct name_index {
    struct san_arena *arena;
    struct name_entry *entries;
    struct entry_words *words_of;
    size_t entry_count, entry_room;
    struct occurrence *occurrences;
    size_t occurrence_count, occurrence_room;
    struct word *words; /* sorted by text */
    size_t word_count;
    struct posting *postings;
    struct key *keys; /* sorted by hash */
    size_t key_count, key_room;
    uint32_t *table; /* entries by (kind, norm), open addressing; entry + 1, 0 = free */
    size_t table_size;
    /* search: best weight of each place of each touched entry */
    uint8_t (*best)[NAME_WORDS_MAX];
    uint32_t *stamp;
    uint32_t now;
    uint32_t *touched;
    struct name_match *matches;
};

/* ---- words ---- */

static uint64_t hash_bytes(uint64_t hash, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3u; /* FNV-1a */
    return hash;
}

static uint64_t hash_key(enum key_kind kind, const char *text, size_t len)
{
    return hash_bytes(0xcbf29ce484222325u ^ ((uint64_t)kind << 56), text, len);
}

static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len > n && memcmp(text + len - n, end, n) == 0;
}

/* Length of the word without its plural ending; *y is set where "ies" stands for "y". Crude on purpose: both
 * sides go through it. */
static size_t singular(const char *text, size_t len, bool *y)
{
    *y = false;
    if (len > 4 && ends_with(text, len, "ies")) {
        *y = true;
        return len - 3;
    }
    if (len > 4 && (ends_with(text, len, "ches") || ends_with(text, len, "shes") ||
                       ends_with(text, len, "sses") || ends_with(text, len, "xes")))
        return len - 2;
    if (len > 3 && text[len - 1] == 's' && text[len - 2] != 's')
        return len - 1;
    if (len > 3 && text[len - 1] == 'y') {
        *y = true;
        return len - 1;
    }
    return len;
}

static uint64_t stem_key(const char *text, size_t len)
{
    bool y;
    size_t n = singular(text, len, &y);
    uint64_t hash = hash_key(KEY_STEM, text, n);
    return y ? hash_bytes(hash, "y", 1) : hash;
}

/* The word's consonants in groups that sound alike (Soundex's classes, not cut at four), behind its first
 * letter. Returns 0 for words too short to tell. */
static uint64_t sound_key(const char *text, size_t len)
{
    static const char classes[] = "01230120022455012623010202"; /* a..z */
    char code[SAN_WORD_MAX];
    size_t n = 0;
    char last = 0;
    for (size_t i = 0; i < len && n < sizeof code; i++) {
        if (text[i] < 'a' || text[i] > 'z')
            return 0;
        char c = classes[text[i] - 'a'];
        if (i == 0)
            code[n++] = text[i] == 'k' || text[i] == 'q' ? 'c' : text[i];
        else if (c != '0' && c != last)
            code[n++] = c;
        last = c;
    }
    return len >= SOUND_MIN && n >= 3 ? hash_key(KEY_SOUND, code, n) : 0;
}

static int compare_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

/* Words that every sentence has: alone they make nothing a candidate. */
static bool telling(const char *word, size_t len)
{
    static const char *const common[] = {"a", "all", "am", "an", "and", "any", "are", "at", "be", "by", "can",
        "close", "do", "down", "for", "from", "get", "how", "i", "in", "is", "it", "its", "me", "my", "of",
        "off", "on", "open", "or", "our", "please", "s", "set", "switch", "that", "the", "then", "there",
        "this", "to", "turn", "up", "we", "what", "whats", "with", "you", "your"};
    size_t low = 0, high = sizeof common / sizeof common[0];
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare_text(common[middle], strlen(common[middle]), word, len);
        if (order == 0)
            return false;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return true;
}

/* ---- adding ---- */

static bool grow(void **array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return true;
    size_t more = *room == 0 ? 256 : 2 * *room;
    void *bigger = realloc(*array, more * size);
    if (bigger == NULL)
        return false;
    *array = bigger;
    *room = more;
    return true;
}

struct name_index *name_index_new(void)
{
    struct name_index *index = calloc(1, sizeof *index);
    if (index == NULL)
        return NULL;
    index->arena = san_arena_new(1 << 16, 0);
    if (index->arena == NULL) {
        free(index);
        return NULL;
    }
    return index;
}

void name_index_free(struct name_index *index)
{
    if (index == NULL)
        return;
    san_arena_free(index->arena);
    void *const owned[] = {index->entries, index->words_of, index->occurrences, index->words, index->postings,
        index->keys, index->table, index->best, index->stamp, index->touched, index->matches};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
        free(owned[i]);
    free(index);
}

static size_t slot_of(const struct name_index *index, const char *kind, const char *norm)
{
    uint64_t hash = hash_bytes(hash_bytes(0xcbf29ce484222325u, kind, strlen(kind) + 1), norm, strlen(norm));
    size_t at = hash & (index->table_size - 1);
    while (index->table[at] != 0) {
        const struct name_entry *entry = &index->entries[index->table[at] - 1];
        if (strcmp(entry->kind, kind) == 0 && strcmp(entry->norm, norm) == 0)
            break;
        at = (at + 1) & (index->table_size - 1);
    }
    return at;
}

static bool grow_table(struct name_index *index)
{
    if (2 * (index->entry_count + 1) <= index->table_size)
        return true;
    size_t size = index->table_size == 0 ? 1024 : 2 * index->table_size;
    uint32_t *table = calloc(size, sizeof *table);
    if (table == NULL)
        return false;
    free(index->table);
    index->table = table;
    index->table_size = size;
    for (size_t i = 0; i < index->entry_count; i++)
        table[slot_of(index, index->entries[i].kind, index->entries[i].norm)] = (uint32_t)i + 1;
    return true;
}

/* Several things behind equal words: the words themselves stand for all of them, and so does no single room.
 */
static void merge(struct name_entry *into, const struct name_entry *entry)
{
    if (strcmp(into->name, entry->name) != 0)
        into->name = into->text;
    if (into->area_id != entry->area_id)
        into->area_id = -1;
}

static bool occur(struct name_index *index, const char *text, size_t len, struct posting at)
{
    if (!grow((void **)&index->occurrences, index->occurrence_count, &index->occurrence_room,
            sizeof *index->occurrences))
        return false;
    index->occurrences[index->occurrence_count++] = (struct occurrence){text, len, at};
    return true;
}

/* Files every word of the entry, and every two neighbours written as one. */
static bool occur_all(struct name_index *index, uint32_t entry, const char *norm)
{
    const char *last = NULL;
    size_t last_len = 0;
    uint8_t place = 0;
    for (const char *p = norm; *p != '\0' && place < NAME_WORDS_MAX; place++) {
        size_t len = strcspn(p, " ");
        if (!occur(index, p, len, (struct posting){entry, place, 1}))
            return false;
        if (last != NULL && last_len + len <= SAN_WORD_MAX) {
            char *joined = san_arena_alloc(index->arena, last_len + len + 1);
            if (joined == NULL)
                return false;
            memcpy(joined, last, last_len);
            memcpy(joined + last_len, p, len);
            if (!occur(index, joined, last_len + len, (struct posting){entry, (uint8_t)(place - 1), 2}))
                return false;
        }
        last = p;
        last_len = len;
        p += len;
        p += strspn(p, " ");
    }
    return true;
}

bool name_index_add(struct name_index *index, const struct name_entry *entry)
{
    if (entry->norm[0] == '\0')
        return true;
    if (!grow_table(index))
        return false;
    size_t slot = slot_of(index, entry->kind, entry->norm);
    if (index->table[slot] != 0) {
        merge(&index->entries[index->table[slot] - 1], entry);
        return true;
    }
    if (!grow((void **)&index->entries, index->entry_count, &index->entry_room, sizeof *index->entries))
        return false;
    struct name_entry *own = &index->entries[index->entry_count];
    *own = (struct name_entry){
        .kind = san_arena_strndup(index->arena, entry->kind, strlen(entry->kind)),
        .text = san_arena_strndup(index->arena, entry->text, strlen(entry->text)),
        .norm = san_arena_strndup(index->arena, entry->norm, strlen(entry->norm)),
        .name = san_arena_strndup(index->arena, entry->name, strlen(entry->name)),
        .area_id = entry->area_id,
    };
    if (own->kind == NULL || own->text == NULL || own->norm == NULL || own->name == NULL)
        return false;
    index->table[slot] = (uint32_t)++index->entry_count;
    return occur_all(index, (uint32_t)index->entry_count - 1, own->norm);
}

size_t name_index_count(const struct name_index *index)
{
    return index->entry_count;
}

const struct name_entry *name_index_entry(const struct name_index *index, size_t i)
{
    return &index->entries[i];
}

/* ---- building ---- */

static int by_text(const void *a, const void *b)
{
    const struct occurrence *x = a, *y = b;
    int order = compare_text(x->text, x->len, y->text, y->len);
    if (order != 0)
        return order;
    if (x->at.entry != y->at.entry)
        return x->at.entry < y->at.entry ? -1 : 1;
    return x->at.first - y->at.first;
}

static int by_hash(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->word > y->word) - (x->word < y->word);
}

static bool add_key(struct name_index *index, uint64_t hash, uint32_t word)
{
    if (hash == 0)
        return true;
    if (!grow((void **)&index->keys, index->key_count, &index->key_room, sizeof *index->keys))
        return false;
    index->keys[index->key_count++] = (struct key){hash, word};
    return true;
}

/* The hash of the word without its letter i. */
static uint64_t delete_key(const char *text, size_t len, size_t i)
{
    return hash_bytes(hash_key(KEY_DELETE, text, i), text + i + 1, len - i - 1);
}

static bool add_keys(struct name_index *index, uint32_t word)
{
    const char *text = index->words[word].text;
    size_t len = index->words[word].len;
    if (!add_key(index, stem_key(text, len), word) || !add_key(index, sound_key(text, len), word))
        return false;
    if (len < DELETE_MIN)
        return true;
    if (!add_key(index, hash_key(KEY_DELETE, text, len), word))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!add_key(index, delete_key(text, len, i), word))
            return false;
    return true;
}

/* Occurrences, sorted by text, become words with slices of postings. */
static bool collect_words(struct name_index *index)
{
    size_t n = index->occurrence_count;
    index->words = calloc(n + 1, sizeof *index->words);
    index->postings = calloc(n + 1, sizeof *index->postings);
    index->words_of = calloc(index->entry_count + 1, sizeof *index->words_of);
    if (index->words == NULL || index->postings == NULL || index->words_of == NULL)
        return false;
    if (n > 0)
        qsort(index->occurrences, n, sizeof *index->occurrences, by_text);
    for (size_t i = 0; i < n; i++) {
        const struct occurrence *o = &index->occurrences[i];
        struct word *last = index->word_count > 0 ? &index->words[index->word_count - 1] : NULL;
        if (last == NULL || compare_text(last->text, last->len, o->text, o->len) != 0) {
            last = &index->words[index->word_count++];
            *last = (struct word){.text = o->text, .len = o->len, .postings = (uint32_t)i};
        }
        last->posting_count++;
        index->postings[i] = o->at;
        if (o->at.count == 1) {
            struct entry_words *of = &index->words_of[o->at.entry];
            of->word[o->at.first] = (uint32_t)index->word_count - 1;
            if (of->count <= o->at.first)
                of->count = (uint8_t)(o->at.first + 1);
        }
    }
    free(index->occurrences);
    index->occurrences = NULL;
    return true;
}

static void weigh(struct name_index *index)
{
    double entries = (double)index->entry_count;
    for (size_t i = 0; i < index->word_count; i++) {
        struct word *word = &index->words[i];
        word->idf = (float)log(1.0 + entries / word->posting_count);
        word->tells = telling(word->text, word->len);
        if (!word->tells)
            word->idf *= 0.1f; /* "the speaker" is as good as "speaker", however rare "the" is in names */
    }
    for (size_t i = 0; i < index->entry_count; i++) {
        struct entry_words *of = &index->words_of[i];
        for (uint8_t j = 0; j < of->count; j++)
            of->total += index->words[of->word[j]].idf;
    }
}

bool name_index_build(struct name_index *index)
{
    if (!collect_words(index))
        return false;
    weigh(index);
    for (uint32_t i = 0; i < index->word_count; i++)
        if (!add_keys(index, i))
            return false;
    if (index->key_count > 0)
        qsort(index->keys, index->key_count, sizeof *index->keys, by_hash);
    size_t n = index->entry_count + 1;
    index->best = calloc(n, sizeof *index->best);
    index->stamp = calloc(n, sizeof *index->stamp);
    index->touched = calloc(n, sizeof *index->touched);
    index->matches = calloc(n, sizeof *index->matches);
    return index->best != NULL && index->stamp != NULL && index->touched != NULL && index->matches != NULL;
}

/* ---- searching ---- */

struct meeting { /* a query word met a word of the index */
    uint32_t word;
    uint8_t weight;
};

struct meetings {
    struct meeting at[MEETINGS_MAX];
    size_t count;
};

static void meet(struct meetings *list, uint32_t word, uint8_t weight)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].word == word) {
            if (list->at[i].weight < weight)
                list->at[i].weight = weight;
            return;
        }
    if (list->count < MEETINGS_MAX)
        list->at[list->count++] = (struct meeting){word, weight};
}

static void meet_key(const struct name_index *index, struct meetings *list, uint64_t hash, uint8_t weight)
{
    size_t low = 0, high = index->key_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (index->keys[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < index->key_count && index->keys[low].hash == hash; low++)
        meet(list, index->keys[low].word, weight);
}

/* First word of the index that is not before text. */
static size_t lower_bound(const struct name_index *index, const char *text, size_t len)
{
    size_t low = 0, high = index->word_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_text(index->words[middle].text, index->words[middle].len, text, len) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool meet_exact(
    const struct name_index *index, struct meetings *list, const char *text, size_t len, uint8_t weight)
{
    size_t at = lower_bound(index, text, len);
    if (at == index->word_count || compare_text(index->words[at].text, index->words[at].len, text, len) != 0)
        return false;
    meet(list, (uint32_t)at, weight);
    return true;
}

static void meet_prefixes(const struct name_index *index, struct meetings *list, const char *text, size_t len)
{
    if (len < PREFIX_MIN)
        return;
    for (size_t at = lower_bound(index, text, len); at < index->word_count && list->count < MEETINGS_MAX;
         at++) {
        if (index->words[at].len < len || memcmp(index->words[at].text, text, len) != 0)
            break;
        meet(list, (uint32_t)at, PREFIX);
    }
    for (size_t n = PREFIX_MIN; n < len; n++)
        meet_exact(index, list, text, n, PREFIX);
}

static void meet_one_letter(
    const struct name_index *index, struct meetings *list, const char *text, size_t len)
{
    if (len < DELETE_MIN)
        return;
    meet_key(index, list, hash_key(KEY_DELETE, text, len), ONE_LETTER);
    for (size_t i = 0; i < len; i++)
        meet_key(index, list, delete_key(text, len, i), ONE_LETTER);
}

static void find_meetings(
    const struct name_index *index, const struct san_words *words, size_t at, struct meetings *list)
{
    const struct san_word *word = &words->word[at];
    list->count = 0;
    meet_exact(index, list, word->text, word->len, EXACT);
    if (at + 1 < words->count && word->len + words->word[at + 1].len <= SAN_WORD_MAX) {
        char joined[SAN_WORD_MAX];
        memcpy(joined, word->text, word->len);
        memcpy(joined + word->len, words->word[at + 1].text, words->word[at + 1].len);
        meet_exact(index, list, joined, word->len + words->word[at + 1].len, JOINED);
    }
    if (!telling(word->text, word->len))
        return;
    meet_key(index, list, stem_key(word->text, word->len), PLURAL);
    meet_one_letter(index, list, word->text, word->len);
    meet_prefixes(index, list, word->text, word->len);
    meet_key(index, list, sound_key(word->text, word->len), SOUND);
}

/* Whether a meeting with two words written as one says something of both: "speaker" begins "speaker107", and
 * is one letter away from "speaker1", but says nothing of the number. */
static bool covers_both(const struct word *word, uint8_t weight)
{
    bool letters = true;
    for (size_t i = 0; i < word->len; i++)
        letters = letters && (word->text[i] < '0' || word->text[i] > '9');
    return weight >= JOINED || (weight >= ONE_LETTER && letters);
}

static size_t touch(struct name_index *index, const struct meeting *meeting, size_t touched)
{
    const struct word *word = &index->words[meeting->word];
    for (uint32_t i = 0; i < word->posting_count; i++) {
        const struct posting *posting = &index->postings[word->postings + i];
        if (posting->count > 1 && !covers_both(word, meeting->weight))
            continue;
        uint8_t *best = index->best[posting->entry];
        if (index->stamp[posting->entry] != index->now) {
            index->stamp[posting->entry] = index->now;
            memset(best, 0, NAME_WORDS_MAX);
            index->touched[touched++] = posting->entry;
        }
        for (uint8_t j = 0; j < posting->count; j++)
            if (best[posting->first + j] < meeting->weight)
                best[posting->first + j] = meeting->weight;
    }
    return touched;
}

/* A name that is wholly said beats one of which a part is: met words count by their rarity, squared over the
 * whole. */
static struct name_match match_of(const struct name_index *index, uint32_t entry)
{
    const struct entry_words *of = &index->words_of[entry];
    double met = 0;
    bool tells = false, could_tell = false, whole = true;
    for (uint8_t j = 0; j < of->count; j++) {
        const struct word *word = &index->words[of->word[j]];
        uint8_t best = index->best[entry][j];
        could_tell = could_tell || word->tells;
        whole = whole && best > 0;
        if (best > 0)
            met += word->idf * best / WEIGHT_ONE;
        tells = tells || (word->tells && best > 0);
    }
    tells = tells || (whole && !could_tell); /* a list called "To do" */
    double share = tells && of->total > 0 ? met / of->total : 0;
    return (struct name_match){entry, met * share, share};
}

const struct name_match *name_index_search(
    struct name_index *index, const struct san_words *words, size_t *count)
{
    struct meetings list;
    size_t touched = 0;
    if (++index->now == 0) { /* stamps wrapped round: begin again */
        memset(index->stamp, 0, (index->entry_count + 1) * sizeof *index->stamp);
        index->now = 1;
    }
    for (size_t i = 0; i < words->count; i++) {
        find_meetings(index, words, i, &list);
        for (size_t j = 0; j < list.count; j++)
            touched = touch(index, &list.at[j], touched);
    }
    *count = 0;
    for (size_t i = 0; i < touched; i++) {
        struct name_match match = match_of(index, index->touched[i]);
        if (match.score > 0)
            index->matches[(*count)++] = match;
    }
    return index->matches;
}
