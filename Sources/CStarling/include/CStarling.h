// What Swift can not say: calls that Swift's view of the C library leaves out.
#ifndef CSTARLING_H
#define CSTARLING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// getrandom(2) with no flags: fills up to `count` bytes; -1 with errno on failure.
ssize_t starling_getrandom(void *buffer, size_t count);

/// fallocate(2) of a range that keeps the file's size: deallocates it (reads as zeros).
int starling_punch_hole(int descriptor, off_t offset, off_t count);

/// fallocate(2) of a range that keeps the file's size: makes it zeros without writing them.
int starling_zero_range(int descriptor, off_t offset, off_t count);

#endif
