#include "irbis_core.h"

#include <string.h>

#include "irbis_answer.h"
#include "irbis_dictionary.h"
#include "irbis_hal.h"

enum { READY_EVERY_MS = 1000, EVENT_EVERY_MS = 250, BATTERY_EVERY_MS = 1000 };
enum { REST_MS = 50, REST_ALONE_MS = 500 };
enum { CHUNK_BYTES = 32, CHUNKS_A_STEP = 8 }; /* garbage without end must not stop the clock */

void irbis_core_start(struct irbis_core *core, const struct irbis_config *config)
{
    uint32_t now_ms = irbis_hal_millis();
    struct irbis_store counted;

    memset(core, 0, sizeof *core);
    core->config = *config;
    irbis_store_load(&core->store);
    counted = core->store;
    counted.boot++;
    if (!irbis_store_save(&core->store, &counted)) {
        core->store.boot++; /* a worn memory: counters are refused, all else goes on */
    }
    core->ready_at_ms = now_ms;
    core->battery_at_ms = now_ms;
    irbis_power_give(&core->power, now_ms, IRBIS_REASON_POWER_ON);
}

static void take_acknowledgement(struct irbis_core *core, const struct irbis_message *message)
{
    if (core->event_sent && message->fields == 0
        && message->number == irbis_events_first(&core->events)->number) {
        irbis_events_drop_first(&core->events);
        core->event_sent = false;
    }
}

static void take_payload(struct irbis_core *core, const uint8_t *payload, size_t length)
{
    struct irbis_message message;

    if (!irbis_message_read(&message, payload, length)) {
        return;
    }
    if (message.type == IRBIS_ACKNOWLEDGE) {
        take_acknowledgement(core, &message);
    } else if (message.type > 0 && message.type < IRBIS_PIR_EVENT) {
        irbis_answer(core, &message);
    }
}

/* A host without power says nothing: what arrives then is noise. */
static void read_line(struct irbis_core *core)
{
    uint8_t chunk[CHUNK_BYTES];
    size_t got = sizeof chunk;
    uint8_t chunks;

    for (chunks = 0; chunks < CHUNKS_A_STEP && got == sizeof chunk; chunks++) {
        size_t i;

        got = irbis_hal_uart_read(chunk, sizeof chunk);
        for (i = 0; i < got && core->power.on; i++) {
            size_t length = 0;
            const uint8_t *payload = irbis_frame_take(&core->reader, chunk[i], &length);

            if (payload != NULL) {
                take_payload(core, payload, length);
            }
        }
    }
}

static void add_event(struct irbis_core *core, uint8_t type, bool has_value, uint32_t value)
{
    struct irbis_event event;
    uint32_t utc_ms;

    memset(&event, 0, sizeof event);
    event.type = type;
    event.uptime_ms = irbis_hal_millis();
    event.has_utc = irbis_hal_rtc_get(&event.utc_s, &utc_ms);
    event.has_value = has_value;
    event.value = value;
    irbis_events_add(&core->events, event);
}

static void watch_inputs(struct irbis_core *core, uint8_t inputs)
{
    if (inputs & IRBIS_INPUT_PIR) {
        add_event(core, IRBIS_PIR_EVENT, false, 0);
    }
    if (core->power.on && inputs & IRBIS_INPUT_BUTTON) {
        add_event(core, IRBIS_WAKE_EVENT, true, IRBIS_REASON_BUTTON);
    }
    if (core->power.on && inputs & IRBIS_INPUT_RADIO) {
        add_event(core, IRBIS_WAKE_EVENT, true, IRBIS_REASON_RADIO);
    }
}

static void watch_battery(struct irbis_core *core, uint32_t now_ms)
{
    struct irbis_energy energy;

    if (!irbis_is_due(now_ms, core->battery_at_ms)) {
        return;
    }
    core->battery_at_ms = now_ms + BATTERY_EVERY_MS;
    memset(&energy, 0, sizeof energy);
    irbis_hal_energy(&energy);
    if (!energy.has_battery) {
        return;
    }
    if (!core->battery_low && energy.battery_mv < core->config.battery_low_mv) {
        core->battery_low = true;
        add_event(core, IRBIS_BATTERY_EVENT, true, energy.battery_mv);
    } else if (energy.battery_mv >= core->config.battery_good_mv) {
        core->battery_low = false;
    }
}

/* With its power the host loses what it knew of this link. */
static void switch_power(struct irbis_core *core, uint32_t now_ms, uint8_t inputs)
{
    bool pir_waits = irbis_events_have(&core->events, IRBIS_PIR_EVENT);

    if (irbis_power_step(&core->power, now_ms, inputs, pir_waits)) {
        core->greeted = false;
        core->answered.is_kept = false;
        core->event_sent = false;
        core->ready_at_ms = now_ms;
        memset(&core->reader, 0, sizeof core->reader);
    }
}

static void send_ready(struct irbis_core *core, uint32_t now_ms)
{
    struct irbis_outgoing out;
    struct irbis_writer w;

    if (irbis_is_due(now_ms, core->ready_at_ms)) {
        core->ready_at_ms = now_ms + READY_EVERY_MS;
        irbis_write_message(&w, IRBIS_READY, 0);
        irbis_write_int(&w, core->store.boot);
        irbis_make_frame(&out, &w);
        irbis_hal_uart_write(out.bytes, out.length);
    }
}

static void send_event(struct irbis_core *core, uint32_t now_ms)
{
    const struct irbis_event *event = irbis_events_first(&core->events);
    struct irbis_outgoing out;
    struct irbis_writer w;
    size_t skip = core->event_sent ? 0 : 1; /* the first time without the zero before it */

    if (event == NULL || (core->event_sent && !irbis_is_due(now_ms, core->event_again_ms))) {
        return;
    }
    irbis_write_message(&w, event->type, event->number);
    irbis_write_int(&w, event->uptime_ms);
    irbis_write_maybe(&w, event->has_utc, event->utc_s);
    if (event->has_value) {
        irbis_write_int(&w, event->value);
    }
    irbis_make_frame(&out, &w);
    irbis_hal_uart_write(out.bytes + skip, out.length - skip);
    core->event_sent = true;
    core->event_again_ms = now_ms + EVENT_EVERY_MS;
}

uint32_t irbis_core_step(struct irbis_core *core)
{
    uint32_t now_ms = irbis_hal_millis();
    uint8_t inputs = irbis_hal_inputs();

    irbis_hal_watchdog_kick();
    irbis_power_age(&core->power, now_ms);
    watch_inputs(core, inputs);
    watch_battery(core, now_ms);
    read_line(core);
    switch_power(core, now_ms, inputs);
    if (!core->power.on) {
        return REST_ALONE_MS;
    }
    if (core->greeted) {
        send_event(core, now_ms);
    } else {
        send_ready(core, now_ms);
    }
    return REST_MS;
}
