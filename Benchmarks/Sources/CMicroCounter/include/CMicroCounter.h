#ifndef C_MICRO_COUNTER_H
#define C_MICRO_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// Whether this build counts allocations: it needs glibc, see `interposed.c`.
bool micro_counter_counts_allocations(void);

/// Blocks of memory that all threads have asked for since the process began: each call of malloc, calloc,
/// realloc, posix_memalign, aligned_alloc and memalign is one.
uint64_t micro_counter_allocations(void);

/// Makes the clocks stand still for the calling thread, or go on. What depends on time, as the renewal of a
/// snapshot does, then takes as many instructions in a slow process as in a fast one. For others they go on: a
/// thread that waits for a timer would ask again and again.
void micro_counter_stop_clocks(bool stop);

/// Does nothing. callgrind is told to write down what it has counted each time this is called
/// (`--dump-before=micro_counter_mark`).
void micro_counter_mark(void);

#endif
