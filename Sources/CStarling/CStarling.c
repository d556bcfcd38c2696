// Thin names for system calls; no logic belongs here.
#define _GNU_SOURCE
#include "CStarling.h"

#include <fcntl.h>
#include <sys/random.h>

ssize_t starling_getrandom(void *buffer, size_t count) { return getrandom(buffer, count, 0); }

int starling_punch_hole(int descriptor, off_t offset, off_t count) {
    return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, count);
}

int starling_zero_range(int descriptor, off_t offset, off_t count) {
    return fallocate(descriptor, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, count);
}
