// Thin names for system calls; no logic belongs here.
#define _GNU_SOURCE
#include "CStarling.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

ssize_t starling_getrandom(void *buffer, size_t count) { return getrandom(buffer, count, 0); }

int starling_punch_hole(int descriptor, off_t offset, off_t count) {
    return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, count);
}

int starling_zero_range(int descriptor, off_t offset, off_t count) {
    return fallocate(descriptor, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, count);
}

off_t starling_seek_data(int descriptor, off_t offset) { return lseek(descriptor, offset, SEEK_DATA); }

off_t starling_seek_hole(int descriptor, off_t offset) { return lseek(descriptor, offset, SEEK_HOLE); }

ssize_t starling_copy_file_range(int source, int destination, off_t offset, size_t count) {
    off_t from = offset, to = offset;
    return copy_file_range(source, &from, destination, &to, count, 0);
}

int starling_clone_file(int source, int destination) { return ioctl(destination, FICLONE, source); }
