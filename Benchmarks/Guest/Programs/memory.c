// Programs that are made of loads and stores: a hash table, copies, and a walk without locality.
#include "programs.h"
#include <stdlib.h>
#include <string.h>

/// Open addressing in 16 MiB: every lookup is in another page.
uint64_t hash_table(long amount) {
    enum { SLOTS = 1 << 20 };
    struct slot {
        uint64_t key, count;
    } *slots = calloc(SLOTS, sizeof *slots);
    if (!slots) fail("calloc");
    uint64_t random = 2463534242u, hits = 0;
    for (long i = 0; i < amount; i++) {
        uint64_t key = (next_random(&random) >> 20) % (SLOTS / 2) + 1;
        uint64_t at = (key * 0x9E3779B97F4A7C15u) >> 44;
        while (slots[at].key != 0 && slots[at].key != key) at = (at + 1) % SLOTS;
        slots[at].key = key;
        hits += slots[at].count++;
    }
    free(slots);
    return hits;
}

/// `amount` copies of a megabyte, at offsets that are sometimes odd, each followed by a comparison.
uint64_t memory_copy(long amount) {
    enum { SIZE = 1 << 20 };
    unsigned char *from = malloc(SIZE + 64), *to = malloc(SIZE + 64);
    if (!from || !to) fail("malloc");
    uint64_t random = 1, sum = 0;
    for (int i = 0; i < SIZE + 64; i++) from[i] = (unsigned char)next_random(&random);
    for (long i = 0; i < amount; i++) {
        long shift = i % 4 == 0 ? i % 61 : 0;
        memcpy(to + shift, from, SIZE);
        sum += memcmp(to + shift, from, SIZE) == 0;
        memset(to, (int)i, SIZE / 4);
        sum = sum * 31 + to[shift + SIZE / 2] + strlen(memset(to, 'a' + (int)(i % 7), 1000));
    }
    free(from);
    free(to);
    return sum;
}

/// Follows a random cycle through 32 MiB: the cost of a load that misses every cache and most TLBs.
uint64_t pointer_chase(long amount) {
    enum { CELLS = 1 << 19, STRIDE = 8 };
    uint64_t *cells = malloc(sizeof *cells * CELLS * STRIDE), random = 7;
    if (!cells) fail("malloc");
    for (uint64_t i = 0; i < CELLS; i++) cells[i * STRIDE] = i;
    // Sattolo's shuffle makes one cycle of all cells.
    for (uint64_t i = CELLS - 1; i > 0; i--) {
        uint64_t j = next_random(&random) % i, kept = cells[i * STRIDE];
        cells[i * STRIDE] = cells[j * STRIDE];
        cells[j * STRIDE] = kept;
    }
    uint64_t at = 0, sum = 0;
    for (long i = 0; i < amount; i++) {
        at = cells[at * STRIDE];
        sum += at;
    }
    free(cells);
    return sum;
}
