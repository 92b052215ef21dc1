/* What happened and was not acknowledged yet, oldest first. */
#ifndef IRBIS_EVENTS_H
#define IRBIS_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#ifndef IRBIS_EVENTS_MOST
#define IRBIS_EVENTS_MOST 16u
#endif

struct irbis_event {
    uint8_t type; /* IRBIS_PIR_EVENT, IRBIS_WAKE_EVENT, IRBIS_BATTERY_EVENT */
    uint8_t number;
    bool has_utc;
    bool has_value;
    uint32_t uptime_ms;
    uint32_t utc_s;
    uint32_t value; /* the reason, or the battery in mV */
};

/* All zero at the start. */
struct irbis_events {
    struct irbis_event waiting[IRBIS_EVENTS_MOST];
    uint8_t oldest;
    uint8_t count;
    uint8_t next_number;
    uint32_t lost; /* did not fit; stays at its highest value */
};

/* Queues an event of now; its number is given here. */
void irbis_events_add(struct irbis_events *events, struct irbis_event event);

/* The oldest, NULL where none waits. */
const struct irbis_event *irbis_events_first(const struct irbis_events *events);

void irbis_events_drop_first(struct irbis_events *events);

/* Whether an event of this type waits. */
bool irbis_events_have(const struct irbis_events *events, uint8_t type);

#endif
