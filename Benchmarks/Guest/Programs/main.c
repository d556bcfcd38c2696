// Runs one own workload: programs NAME AMOUNT [PROCESSES], prints its result.
#include "programs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *name;
    workload *run;
} programs[] = {
    {"core-mix", core_mix},
    {"hash-table", hash_table},
    {"memory-copy", memory_copy},
    {"pointer-chase", pointer_chase},
    {"nbody", nbody},
    {"mandelbrot", mandelbrot},
    {"linpack", linpack},
    {"transcendental", transcendental},
    {"filter-single", filter_single},
    {"fork-exec", fork_exec},
    {"system-calls", system_calls},
    {"pipe-ping-pong", pipe_ping_pong},
    {"page-faults", page_faults},
    {"signals", signals},
};

_Noreturn void fail(const char *what) {
    perror(what);
    exit(1);
}

static workload *find(const char *name) {
    for (unsigned i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (strcmp(programs[i].name, name) == 0) return programs[i].run;
    }
    fprintf(stderr, "no program named %s\n", name);
    exit(2);
}

/// The same work in several processes at once; every one prints its result.
static int run_in_parallel(workload *run, long amount, int processes) {
    for (int i = 0; i < processes; i++) {
        pid_t child = fork();
        if (child < 0) fail("fork");
        if (child == 0) {
            printf("%016llx\n", (unsigned long long)run(amount));
            exit(0);
        }
    }
    int failures = 0, status;
    while (wait(&status) > 0) failures += status != 0;
    return failures != 0;
}

int main(int count, char **arguments) {
    // What fork-exec starts: a program that ends at once.
    if (count == 2 && strcmp(arguments[1], "nothing") == 0) return 0;
    if (count != 3 && count != 4) {
        fprintf(stderr, "usage: programs NAME AMOUNT [PROCESSES]\n");
        return 2;
    }
    return run_in_parallel(find(arguments[1]), atol(arguments[2]), count == 4 ? atoi(arguments[3]) : 1);
}
