#include "irbis_store.h"

#include <string.h>

#include "irbis_frame.h"
#include "irbis_hal.h"

#define WORDS (2u + IRBIS_COUNTERS)
#define CRC_AT (4u * WORDS)

static void put_word(uint8_t *bytes, uint32_t word)
{
    bytes[0] = (uint8_t)(word >> 24);
    bytes[1] = (uint8_t)(word >> 16);
    bytes[2] = (uint8_t)(word >> 8);
    bytes[3] = (uint8_t)word;
}

static uint32_t get_word(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static size_t slot_of(uint32_t generation)
{
    return generation % 2 * IRBIS_SLOT_BYTES;
}

static void pack(const struct irbis_store *store, uint8_t *bytes)
{
    uint16_t crc;
    uint8_t i;

    put_word(bytes, store->generation);
    put_word(bytes + 4, store->boot);
    for (i = 0; i < IRBIS_COUNTERS; i++) {
        put_word(bytes + 8 + 4 * i, store->next[i]);
    }
    crc = irbis_crc16(bytes, CRC_AT);
    bytes[CRC_AT] = (uint8_t)(crc >> 8);
    bytes[CRC_AT + 1] = (uint8_t)crc;
}

/* False where the slot holds no whole state of its own. */
static bool unpack(struct irbis_store *store, const uint8_t *bytes)
{
    uint8_t i;

    store->generation = get_word(bytes);
    store->boot = get_word(bytes + 4);
    for (i = 0; i < IRBIS_COUNTERS; i++) {
        store->next[i] = get_word(bytes + 8 + 4 * i);
    }
    return store->generation > 0
        && irbis_crc16(bytes, CRC_AT) == (bytes[CRC_AT] << 8 | bytes[CRC_AT + 1]);
}

void irbis_store_load(struct irbis_store *store)
{
    uint32_t slot;

    memset(store, 0, sizeof *store);
    for (slot = 0; slot < 2; slot++) {
        uint8_t bytes[IRBIS_SLOT_BYTES];
        struct irbis_store found;

        if (irbis_hal_nv_read(slot_of(slot), bytes, sizeof bytes) && unpack(&found, bytes)
            && found.generation > store->generation) {
            *store = found;
        }
    }
}

bool irbis_store_save(struct irbis_store *store, const struct irbis_store *next)
{
    struct irbis_store wanted = *next;
    uint8_t bytes[IRBIS_SLOT_BYTES];
    uint8_t written[IRBIS_SLOT_BYTES];

    /* Not taken over where it fails: the next try must not touch the good slot. */
    wanted.generation = store->generation + 1;
    pack(&wanted, bytes);
    if (!irbis_hal_nv_write(slot_of(wanted.generation), bytes, sizeof bytes)
        || !irbis_hal_nv_read(slot_of(wanted.generation), written, sizeof written)
        || memcmp(bytes, written, sizeof bytes) != 0) {
        return false;
    }
    *store = wanted;
    return true;
}
