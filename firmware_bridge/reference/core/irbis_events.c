#include "irbis_events.h"

#include <stddef.h>

void irbis_events_add(struct irbis_events *events, struct irbis_event event)
{
    if (events->count == IRBIS_EVENTS_MOST) {
        events->lost += events->lost < UINT32_MAX;
        return;
    }
    event.number = events->next_number++;
    events->waiting[(events->oldest + events->count) % IRBIS_EVENTS_MOST] = event;
    events->count++;
}

const struct irbis_event *irbis_events_first(const struct irbis_events *events)
{
    return events->count > 0 ? &events->waiting[events->oldest] : NULL;
}

void irbis_events_drop_first(struct irbis_events *events)
{
    if (events->count > 0) {
        events->oldest = (uint8_t)((events->oldest + 1u) % IRBIS_EVENTS_MOST);
        events->count--;
    }
}

bool irbis_events_have(const struct irbis_events *events, uint8_t type)
{
    uint8_t i;

    for (i = 0; i < events->count; i++) {
        if (events->waiting[(events->oldest + i) % IRBIS_EVENTS_MOST].type == type) {
            return true;
        }
    }
    return false;
}
