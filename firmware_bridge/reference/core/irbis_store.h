/* What outlives a brown-out: counters and the count of starts.
 *
 * Two slots are written in turn, each with a generation and a CRC, so that a write which is cut off
 * leaves the state before it. */
#ifndef IRBIS_STORE_H
#define IRBIS_STORE_H

#include <stdbool.h>
#include <stdint.h>

#define IRBIS_COUNTERS 4u
#define IRBIS_SLOT_BYTES 26u /* generation, boot, counters: 4 bytes each; CRC-16 */
#define IRBIS_STORE_BYTES (2u * IRBIS_SLOT_BYTES)

struct irbis_store {
    uint32_t generation; /* 0: nothing was ever written */
    uint32_t boot;
    uint32_t next[IRBIS_COUNTERS]; /* first number of each counter that is not reserved */
};

/* Reads the newest good state; all zero where there is none. */
void irbis_store_load(struct irbis_store *store);

/* Makes `next` the state of both memory and `store`. Where it returns false the memory does not
 * take it, and `store` stays. */
bool irbis_store_save(struct irbis_store *store, const struct irbis_store *next);

#endif
