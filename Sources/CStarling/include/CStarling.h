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

/// lseek(2) with SEEK_DATA: where the next data at or after `offset` begins; ENXIO when there is none.
off_t starling_seek_data(int descriptor, off_t offset);

/// lseek(2) with SEEK_HOLE: where the next hole at or after `offset` begins; the file's end is one.
off_t starling_seek_hole(int descriptor, off_t offset);

/// copy_file_range(2) from and to the same offset.
ssize_t starling_copy_file_range(int source, int destination, off_t offset, size_t count);

/// ioctl_ficlone(2): makes `destination` share all blocks of `source`.
int starling_clone_file(int source, int destination);

#endif
