// The own workloads: one function each, all in one static program (see main.c).
#pragma once
#include <stdint.h>

/// Does `amount` units of work and returns a number that depends on all of it.
typedef uint64_t workload(long amount);

// Integers and memory.
workload core_mix, hash_table, memory_copy, pointer_chase;
// Floating point.
workload nbody, mandelbrot, linpack, transcendental, filter_single;
// The operating system.
workload fork_exec, system_calls, pipe_ping_pong, page_faults, signals;

/// A reproducible sequence of numbers (xorshift64, Marsaglia 2003); `state` must not be 0.
static inline uint64_t next_random(uint64_t *state) {
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

/// Ends the program with a message that names what failed and why.
_Noreturn void fail(const char *what);
