// Programs that are made of the operating system: processes, calls, pipes, page faults, signals.
#define _GNU_SOURCE
#include "programs.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/// Starts this program anew `amount` times and waits for it.
uint64_t fork_exec(long amount) {
    uint64_t ended = 0;
    for (long i = 0; i < amount; i++) {
        pid_t child = fork();
        if (child < 0) fail("fork");
        if (child == 0) {
            execl("/proc/self/exe", "programs", "nothing", (char *)NULL);
            _exit(127);
        }
        int status;
        if (waitpid(child, &status, 0) != child || status != 0) fail("waitpid");
        ended++;
    }
    return ended;
}

/// `amount` of the cheapest system calls.
uint64_t system_calls(long amount) {
    uint64_t done = 0;
    for (long i = 0; i < amount; i++) done += syscall(SYS_getppid) > 0;
    return done;
}

static void pass(int from, int to, long amount, int first) {
    unsigned char byte = 0;
    for (long i = 0; i < amount; i++) {
        if (first && write(to, &byte, 1) != 1) fail("write");
        if (read(from, &byte, 1) != 1) fail("read");
        byte++;
        if (!first && write(to, &byte, 1) != 1) fail("write");
    }
}

/// A byte goes `amount` times to another process and back.
uint64_t pipe_ping_pong(long amount) {
    int there[2], back[2];
    if (pipe(there) != 0 || pipe(back) != 0) fail("pipe");
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        pass(there[0], back[1], amount, 0);
        _exit(0);
    }
    pass(back[0], there[1], amount, 1);
    int status;
    if (waitpid(child, &status, 0) != child) fail("waitpid");
    return (uint64_t)status + (uint64_t)amount;
}

/// `amount` times: maps 64 pages, writes into each, protects half of them, unmaps them.
uint64_t page_faults(long amount) {
    enum { PAGES = 64, PAGE = 4096 };
    uint64_t sum = 0;
    for (long i = 0; i < amount; i++) {
        unsigned char *area =
            mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (area == MAP_FAILED) fail("mmap");
        for (int page = 0; page < PAGES; page++) area[page * PAGE + i % PAGE] = (unsigned char)(page + i);
        if (mprotect(area, PAGES / 2 * PAGE, PROT_READ) != 0) fail("mprotect");
        for (int page = 0; page < PAGES; page++) sum += area[page * PAGE + i % PAGE];
        if (munmap(area, PAGES * PAGE) != 0) fail("munmap");
    }
    return sum;
}

static volatile sig_atomic_t caught;

static void count_signal(int number) {
    (void)number;
    caught = caught + 1;
}

/// Sends itself `amount` signals and catches them.
uint64_t signals(long amount) {
    struct sigaction action = {.sa_handler = count_signal};
    if (sigaction(SIGUSR1, &action, NULL) != 0) fail("sigaction");
    for (long i = 0; i < amount; i++) {
        if (raise(SIGUSR1) != 0) fail("raise");
    }
    return (uint64_t)caught;
}
