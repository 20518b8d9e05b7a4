/* pool.c - see pool.h.
 *
 * A job is a number of parts. Its ticket says which job it is and how many parts nobody has taken yet, in one
 * word, so that who takes a part knows that it is one of this job: until the part is done the caller cannot
 * return, and the job stays what it is. A worker that comes late finds nothing left, and touches nothing. */
#include "inference/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    /* Some ten microseconds: longer than the pause between two loops of a layer, short enough not to warm the
     * room. */
    SPINS = 2000,
    /* The more, the sooner all are done if one worker is slow; to take one costs a tenth of a microsecond, so
     * that who comes first takes several. */
    PARTS_PER_THREAD = 16,
};

struct job {
    san_pool_fn *fn;
    void *data;
    size_t count, parts; /* part i is [count * i / parts, count * (i + 1) / parts) */
};

struct worker {
    struct san_pool *pool;
    pthread_t thread;
    unsigned index;
};

struct san_pool {
    struct job job;         /* written before the ticket, read after a part was taken */
    atomic_ullong ticket;   /* number of the job << 32 | first part left << 16 | end of the parts left */
    atomic_uint unfinished; /* parts */
    atomic_uint sleepers;   /* changed under lock */
    atomic_bool stop;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    unsigned workers;
    struct worker worker[];
};

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static uint32_t number_of(unsigned long long ticket)
{
    return (uint32_t)(ticket >> 32);
}

static uint32_t first_of(unsigned long long ticket)
{
    return (uint32_t)ticket >> 16;
}

static uint32_t end_of(unsigned long long ticket)
{
    return (uint32_t)ticket & 0xffff;
}

/* How many parts to take of those that are left: half of a fair share, the last ones singly. */
static uint32_t share_of(const struct san_pool *pool, uint32_t left)
{
    uint32_t share = left / (2 * (pool->workers + 1));
    return share ? share : 1;
}

/* Takes parts of the current job, and does them. False if none is left. */
static bool do_parts(struct san_pool *pool, unsigned worker)
{
    unsigned long long ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire), taken;
    uint32_t share;
    do {
        if (first_of(ticket) == end_of(ticket))
            return false;
        share = share_of(pool, end_of(ticket) - first_of(ticket));
        taken = worker ? ticket - share : ticket + (share << 16);
    } while (!atomic_compare_exchange_weak(&pool->ticket, &ticket, taken));
    const struct job *job = &pool->job;
    uint32_t part = worker ? end_of(taken) : first_of(ticket);
    job->fn(job->data, worker, job->count * part / job->parts, job->count * (part + share) / job->parts);
    atomic_fetch_sub_explicit(&pool->unfinished, share, memory_order_release);
    return true;
}

static bool is_new(struct san_pool *pool, uint32_t seen)
{
    return number_of(atomic_load(&pool->ticket)) != seen;
}

/* Returns the number of a job that is not `seen`, when there is one. */
static uint32_t wait_for_job(struct san_pool *pool, uint32_t seen)
{
    for (int i = 0; i < SPINS && !is_new(pool, seen); i++)
        relax();
    if (!is_new(pool, seen)) {
        pthread_mutex_lock(&pool->lock);
        atomic_fetch_add(&pool->sleepers, 1);
        while (!is_new(pool, seen))
            pthread_cond_wait(&pool->wake, &pool->lock);
        atomic_fetch_sub(&pool->sleepers, 1);
        pthread_mutex_unlock(&pool->lock);
    }
    return number_of(atomic_load(&pool->ticket));
}

static void *work(void *data)
{
    struct worker *self = data;
    struct san_pool *pool = self->pool;
    for (uint32_t seen = 0; !atomic_load(&pool->stop);) {
        seen = wait_for_job(pool, seen);
        while (do_parts(pool, self->index))
            ;
    }
    return NULL;
}

/* A new job of so many parts. Who falls asleep has been counted before it looked at the ticket for the last
 * time. */
static void announce(struct san_pool *pool, uint32_t parts)
{
    uint32_t number = number_of(atomic_load(&pool->ticket)) + 1;
    atomic_store(&pool->ticket, (unsigned long long)number << 32 | parts);
    if (!atomic_load(&pool->sleepers))
        return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

static void stop_workers(struct san_pool *pool)
{
    atomic_store(&pool->stop, true);
    announce(pool, 0);
    for (unsigned i = 0; i < pool->workers; i++)
        pthread_join(pool->worker[i].thread, NULL);
}

struct san_pool *san_pool_new(unsigned threads)
{
    if (threads < 2 || threads > SAN_THREADS_MAX)
        return NULL;
    struct san_pool *pool = calloc(1, sizeof(*pool) + (threads - 1) * sizeof(pool->worker[0]));
    if (!pool)
        return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    for (; pool->workers < threads - 1; pool->workers++) {
        struct worker *worker = &pool->worker[pool->workers];
        *worker = (struct worker){.pool = pool, .index = pool->workers + 1};
        if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
            san_pool_free(pool);
            return NULL;
        }
    }
    return pool;
}

void san_pool_free(struct san_pool *pool)
{
    if (!pool)
        return;
    stop_workers(pool);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void san_pool_run(struct san_pool *pool, san_pool_fn *fn, void *data, size_t count, size_t grain)
{
    size_t parts = pool ? (size_t)PARTS_PER_THREAD * (pool->workers + 1) : 1;
    if (parts > count / grain)
        parts = count / grain;
    if (parts <= 1) {
        if (count)
            fn(data, 0, 0, count);
        return;
    }
    pool->job = (struct job){fn, data, count, parts};
    atomic_store_explicit(&pool->unfinished, (unsigned)parts, memory_order_relaxed);
    announce(pool, (uint32_t)parts);
    while (do_parts(pool, 0))
        ;
    for (int i = 0; atomic_load_explicit(&pool->unfinished, memory_order_acquire); i++) {
        if (i < SPINS)
            relax();
        else
            sched_yield(); /* a worker has lost its core */
    }
}
