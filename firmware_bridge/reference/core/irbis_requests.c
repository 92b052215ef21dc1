#include "irbis_requests.h"

#include <string.h>

#include "irbis_dictionary.h"
#include "irbis_hal.h"

enum { WATCHDOG_LEAST_S = 10, WATCHDOG_MOST_S = 86400, OFF_AFTER_MOST_S = 3600 };
enum { RESERVE_MOST = 65536 };
#define HASH_BYTES 8u

static const uint8_t own_hash[HASH_BYTES] = IRBIS_DICTIONARY_HASH;

static uint32_t uint_of(const struct irbis_field *field)
{
    return (uint32_t)field->value;
}

static uint8_t do_hello(struct irbis_core *core, const struct irbis_field *field,
                        struct irbis_writer *reply)
{
    core->greeted = true;
    core->safe_only = uint_of(&field[0]) != IRBIS_VERSION || field[1].length != HASH_BYTES
                   || memcmp(field[1].data, own_hash, HASH_BYTES) != 0;
    core->link = uint_of(&field[2]);
    core->event_sent = false;
    irbis_write_int(reply, IRBIS_VERSION);
    irbis_write_bytes(reply, own_hash, HASH_BYTES);
    irbis_write_int(reply, core->store.boot);
    irbis_write_text(reply, core->config.firmware);
    return IRBIS_REFUSAL_NONE;
}

static uint8_t do_ping(struct irbis_core *core, const struct irbis_field *field,
                       struct irbis_writer *reply)
{
    (void)field;
    irbis_write_int(reply, irbis_hal_millis());
    irbis_write_int(reply, core->events.count);
    irbis_write_int(reply, core->events.lost);
    return IRBIS_REFUSAL_NONE;
}

/* When the power came is told by the clock as it is set now, which it may not have been then. */
static uint8_t do_wake_reason(struct irbis_core *core, const struct irbis_field *field,
                              struct irbis_writer *reply)
{
    uint32_t utc_s = 0;
    uint32_t utc_ms = 0;
    bool is_set = irbis_hal_rtc_get(&utc_s, &utc_ms);
    uint32_t age_s = core->power.age_s + (core->power.age_rest_ms > utc_ms ? 1 : 0);

    (void)field;
    irbis_write_int(reply, core->power.reason);
    irbis_write_int(reply, core->power.since_ms);
    irbis_write_maybe(reply, is_set, utc_s < age_s ? 0 : utc_s - age_s);
    return IRBIS_REFUSAL_NONE;
}

static uint8_t do_rtc_get(struct irbis_core *core, const struct irbis_field *field,
                          struct irbis_writer *reply)
{
    uint32_t utc_s = 0;
    uint32_t utc_ms = 0;
    bool is_set = irbis_hal_rtc_get(&utc_s, &utc_ms);

    (void)core;
    (void)field;
    irbis_write_int(reply, irbis_hal_millis());
    irbis_write_maybe(reply, is_set, utc_s);
    irbis_write_maybe(reply, is_set, utc_ms);
    return IRBIS_REFUSAL_NONE;
}

static uint8_t do_rtc_set(struct irbis_core *core, const struct irbis_field *field,
                          struct irbis_writer *reply)
{
    if (field[1].value > 999) {
        return IRBIS_REFUSAL_BAD_FIELD;
    }
    do_rtc_get(core, field, reply);
    return irbis_hal_rtc_set(uint_of(&field[0]), uint_of(&field[1])) ? IRBIS_REFUSAL_NONE
                                                                     : IRBIS_REFUSAL_FAILED;
}

static uint8_t do_energy(struct irbis_core *core, const struct irbis_field *field,
                         struct irbis_writer *reply)
{
    struct irbis_energy energy;

    (void)core;
    (void)field;
    memset(&energy, 0, sizeof energy);
    irbis_hal_energy(&energy);
    irbis_write_maybe(reply, energy.has_battery, energy.battery_mv);
    irbis_write_maybe(reply, energy.has_solar, energy.solar_mv);
    irbis_write_maybe(reply, energy.has_current, energy.current_ma);
    irbis_write_int(reply, energy.charge);
    return IRBIS_REFUSAL_NONE;
}

static uint8_t do_temperature(struct irbis_core *core, const struct irbis_field *field,
                              struct irbis_writer *reply)
{
    int32_t decidegrees = 0;
    bool is_measured = irbis_hal_temperature(&decidegrees);

    (void)core;
    (void)field;
    irbis_write_maybe(reply, is_measured, decidegrees);
    return IRBIS_REFUSAL_NONE;
}

static uint8_t do_watchdog(struct irbis_core *core, const struct irbis_field *field,
                           struct irbis_writer *reply)
{
    uint32_t period_s = uint_of(&field[0]);

    (void)reply;
    if (period_s != 0 && (period_s < WATCHDOG_LEAST_S || period_s > WATCHDOG_MOST_S)) {
        return IRBIS_REFUSAL_BAD_FIELD;
    }
    irbis_power_watch(&core->power, irbis_hal_millis(), period_s);
    return IRBIS_REFUSAL_NONE;
}

/* Why the host cannot be left without power as it asks. */
static uint8_t refuse_power_off(const struct irbis_core *core, const struct irbis_field *field)
{
    bool is_off = field[1].kind != IRBIS_NULL;
    bool has_time = field[2].kind != IRBIS_NULL;
    uint32_t utc_s;
    uint32_t utc_ms;

    if (is_off && (field[1].value > OFF_AFTER_MOST_S || field[3].value > 1)) {
        return IRBIS_REFUSAL_BAD_FIELD;
    }
    if (uint_of(&field[0]) != core->link) {
        return IRBIS_REFUSAL_WRONG_LINK;
    }
    if (is_off && !has_time && field[3].value == 0) {
        return IRBIS_REFUSAL_NEVER_WAKES;
    }
    if (is_off && has_time && !irbis_hal_rtc_get(&utc_s, &utc_ms)) {
        return IRBIS_REFUSAL_RTC_UNSET;
    }
    return IRBIS_REFUSAL_NONE;
}

static uint8_t do_power_off(struct irbis_core *core, const struct irbis_field *field,
                            struct irbis_writer *reply)
{
    struct irbis_power *power = &core->power;
    uint8_t refusal = refuse_power_off(core, field);

    (void)reply;
    if (refusal == IRBIS_REFUSAL_NONE) {
        power->off_asked = field[1].kind != IRBIS_NULL;
        power->off_at_ms = irbis_hal_millis() + uint_of(&field[1]) * 1000u;
        power->wakes_by_time = field[2].kind != IRBIS_NULL;
        power->wake_at_s = uint_of(&field[2]);
        power->wakes_by_pir = field[3].value == 1;
    }
    return refusal;
}

static uint8_t do_reserve(struct irbis_core *core, const struct irbis_field *field,
                          struct irbis_writer *reply)
{
    struct irbis_store next = core->store;
    uint32_t counter = uint_of(&field[0]);
    uint32_t count = uint_of(&field[1]);

    if (counter >= IRBIS_COUNTERS || count < 1 || count > RESERVE_MOST) {
        return IRBIS_REFUSAL_BAD_FIELD;
    }
    if (next.next[counter] > UINT32_MAX - count) {
        return IRBIS_REFUSAL_EXHAUSTED;
    }
    irbis_write_int(reply, next.next[counter]);
    next.next[counter] += count;
    return irbis_store_save(&core->store, &next) ? IRBIS_REFUSAL_NONE : IRBIS_REFUSAL_FAILED;
}

static uint8_t do_counter(struct irbis_core *core, const struct irbis_field *field,
                          struct irbis_writer *reply)
{
    struct irbis_store next = core->store;
    uint32_t counter = uint_of(&field[0]);

    if (counter >= IRBIS_COUNTERS) {
        return IRBIS_REFUSAL_BAD_FIELD;
    }
    if (next.next[counter] < uint_of(&field[1])) {
        next.next[counter] = uint_of(&field[1]);
        if (!irbis_store_save(&core->store, &next)) {
            return IRBIS_REFUSAL_FAILED;
        }
    }
    irbis_write_int(reply, core->store.next[counter]);
    return IRBIS_REFUSAL_NONE;
}

const struct irbis_request irbis_requests[IRBIS_PIR_EVENT] = {
    [IRBIS_HELLO] = {"ubu+", do_hello, true},
    [IRBIS_PING] = {"", do_ping, true},
    [IRBIS_WAKE_REASON] = {"", do_wake_reason, true},
    [IRBIS_RTC_GET] = {"", do_rtc_get, true},
    [IRBIS_RTC_SET] = {"uu", do_rtc_set, false},
    [IRBIS_ENERGY] = {"", do_energy, false},
    [IRBIS_TEMPERATURE] = {"", do_temperature, false},
    [IRBIS_WATCHDOG] = {"u", do_watchdog, false},
    [IRBIS_POWER_OFF] = {"uUUu", do_power_off, false},
    [IRBIS_RESERVE] = {"uu", do_reserve, false},
    [IRBIS_COUNTER] = {"uu", do_counter, false},
};
