/* arena.c - see arena.h. A list of blocks, filled one after the other; reset goes back to the first. */
#include "inference/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64, BLOCK_MIN = 4096 };

/* The header takes one aligned unit; the bytes that are given out follow it. */
struct block {
    struct block *next;
    size_t size; /* usable bytes */
    size_t used;
};
_Static_assert(sizeof(struct block) <= ALIGN, "the header must leave the data aligned");

struct san_arena {
    struct block *first, *current;
    size_t block_size;
    size_t limit; /* 0: none */
    size_t held;
};

static size_t round_up(size_t size)
{
    return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

struct san_arena *san_arena_new(size_t block_size, size_t limit)
{
    struct san_arena *arena = calloc(1, sizeof(*arena));
    if (!arena)
        return NULL;
    if (block_size < BLOCK_MIN)
        block_size = BLOCK_MIN;
    if (block_size > SIZE_MAX / 4)
        block_size = SIZE_MAX / 4;
    arena->block_size = round_up(block_size);
    arena->limit = limit;
    return arena;
}

void san_arena_free(struct san_arena *arena)
{
    if (!arena)
        return;
    struct block *block = arena->first;
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free(arena);
}

/* A new block of at least size bytes behind the current one; smaller where the limit leaves less than a whole
 * block. */
static struct block *add_block(struct san_arena *arena, size_t size)
{
    size_t usable = size > arena->block_size ? size : arena->block_size;
    if (arena->limit) {
        size_t left = arena->limit > arena->held ? arena->limit - arena->held : 0;
        left &= ~(size_t)(ALIGN - 1);
        if (left < ALIGN || size > left - ALIGN)
            return NULL;
        if (usable > left - ALIGN)
            usable = left - ALIGN;
    }
    struct block *block = aligned_alloc(ALIGN, ALIGN + usable);
    if (!block)
        return NULL;
    *block = (struct block){.size = usable};
    arena->held += ALIGN + usable;
    if (arena->current) {
        block->next = arena->current->next;
        arena->current->next = block;
    } else {
        arena->first = block;
    }
    return block;
}

static struct block *block_with_room(struct san_arena *arena, size_t size)
{
    struct block *block = arena->current;
    while (block && block->size - block->used < size) {
        block = block->next;
        if (block)
            arena->current = block;
    }
    return block ? block : add_block(arena, size);
}

void *san_arena_alloc(struct san_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = round_up(size ? size : 1);
    struct block *block = block_with_room(arena, size);
    if (!block)
        return NULL;
    arena->current = block;
    char *memory = (char *)block + ALIGN + block->used;
    block->used += size;
    memset(memory, 0, size);
    return memory;
}

char *san_arena_strndup(struct san_arena *arena, const char *text, size_t len)
{
    if (len > SIZE_MAX / 4)
        return NULL;
    char *copy = san_arena_alloc(arena, len + 1);
    if (copy && len)
        memcpy(copy, text, len);
    return copy;
}

void san_arena_reset(struct san_arena *arena)
{
    for (struct block *block = arena->first; block; block = block->next)
        block->used = 0;
    arena->current = arena->first;
}

size_t san_arena_held(const struct san_arena *arena)
{
    return arena->held;
}
