/* The controller's side of docs/firmware-protocol.md: a state machine over the HAL.
 *
 *     static struct irbis_core core;
 *     irbis_core_start(&core, &config);
 *     for (;;) sleep_or_interrupt(irbis_core_step(&core));
 */
#ifndef IRBIS_CORE_H
#define IRBIS_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "irbis_events.h"
#include "irbis_frame.h"
#include "irbis_message.h"
#include "irbis_power.h"
#include "irbis_store.h"

struct irbis_config {
    const char *firmware;     /* its name and version, at most 32 bytes of UTF-8 */
    uint32_t battery_low_mv;  /* below it: one battery event */
    uint32_t battery_good_mv; /* from here on the battery has recovered */
};

/* A frame to send, with a zero before and after it. */
struct irbis_outgoing {
    uint8_t bytes[IRBIS_SENT_MOST + 5];
    uint8_t length;
};

/* The last answer, for repeats of its request. */
struct irbis_answered {
    bool is_kept;
    bool is_hello; /* with the link below; a hello that was refused has none */
    uint8_t number;
    struct irbis_outgoing answer;
};

struct irbis_core {
    struct irbis_config config;
    struct irbis_frame_reader reader;
    struct irbis_store store;
    struct irbis_events events;
    struct irbis_power power;

    bool greeted;
    bool safe_only; /* the host speaks another version or dictionary */
    uint32_t link;
    uint32_t ready_at_ms;
    struct irbis_answered answered;

    bool event_sent; /* the oldest event was, since the greeting */
    uint32_t event_again_ms;

    bool battery_low;
    uint32_t battery_at_ms;
};

/* Counts the start and gives the host its power. */
void irbis_core_start(struct irbis_core *core, const struct irbis_config *config);

/* Does what is to be done now. Returns after how many milliseconds at the latest it must be called
 * again; whatever arrives or happens before is a reason to call it sooner. */
uint32_t irbis_core_step(struct irbis_core *core);

#endif
