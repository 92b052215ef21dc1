#include "irbis_power.h"

#include <string.h>

#include "irbis_dictionary.h"
#include "irbis_hal.h"

enum { AWAY_LEAST_S = 2, AWAY_WATCHDOG_S = 10 };

bool irbis_is_due(uint32_t now_ms, uint32_t at_ms)
{
    return now_ms - at_ms < 0x80000000u;
}

static void begin(struct irbis_power *power, uint32_t now_ms)
{
    power->since_ms = now_ms;
    power->aged_at_ms = now_ms;
    power->age_s = 0;
    power->age_rest_ms = 0;
}

void irbis_power_age(struct irbis_power *power, uint32_t now_ms)
{
    uint32_t passed_ms = power->age_rest_ms + (now_ms - power->aged_at_ms);

    power->age_s += passed_ms / 1000;
    power->age_rest_ms = passed_ms % 1000;
    power->aged_at_ms = now_ms;
}

void irbis_power_give(struct irbis_power *power, uint32_t now_ms, uint8_t reason)
{
    memset(power, 0, sizeof *power);
    power->on = true;
    power->reason = reason;
    begin(power, now_ms);
    irbis_hal_host_power(true);
}

static void take(struct irbis_power *power, uint32_t now_ms, bool was_asked)
{
    irbis_hal_host_power(false);
    power->on = false;
    begin(power, now_ms);
    power->off_asked = was_asked;
    power->watched = false;
    power->called = 0;
}

void irbis_power_watch(struct irbis_power *power, uint32_t now_ms, uint32_t period_s)
{
    power->watched = period_s > 0;
    power->bites_at_ms = now_ms + period_s * 1000u;
}

static bool is_time(const struct irbis_power *power)
{
    uint32_t utc_s;
    uint32_t utc_ms;

    return power->wakes_by_time && irbis_hal_rtc_get(&utc_s, &utc_ms) && utc_s >= power->wake_at_s;
}

/* Why the host gets its power back now; unknown where it does not. */
static uint8_t reason_to_wake(const struct irbis_power *power, bool pir_waits)
{
    if (!power->off_asked) {
        return power->age_s < AWAY_WATCHDOG_S ? IRBIS_REASON_UNKNOWN : IRBIS_REASON_WATCHDOG;
    }
    if (power->age_s < AWAY_LEAST_S) {
        return IRBIS_REASON_UNKNOWN;
    }
    if (power->wakes_by_pir && (pir_waits || power->called & IRBIS_INPUT_PIR)) {
        return IRBIS_REASON_PIR;
    }
    if (power->called & IRBIS_INPUT_BUTTON) {
        return IRBIS_REASON_BUTTON;
    }
    if (power->called & IRBIS_INPUT_RADIO) {
        return IRBIS_REASON_RADIO;
    }
    return is_time(power) ? IRBIS_REASON_TIMER : IRBIS_REASON_UNKNOWN;
}

bool irbis_power_step(struct irbis_power *power, uint32_t now_ms, uint8_t inputs, bool pir_waits)
{
    uint8_t reason;

    if (power->on) {
        bool bites = power->watched && irbis_is_due(now_ms, power->bites_at_ms);

        if (!bites && !(power->off_asked && irbis_is_due(now_ms, power->off_at_ms))) {
            return false;
        }
        take(power, now_ms, !bites);
        return true;
    }
    power->called |= inputs;
    reason = reason_to_wake(power, pir_waits);
    if (reason == IRBIS_REASON_UNKNOWN) {
        return false;
    }
    irbis_power_give(power, now_ms, reason);
    return true;
}
