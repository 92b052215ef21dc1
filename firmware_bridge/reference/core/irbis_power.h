/* The host's power: why it has it, when it goes, when it comes back. */
#ifndef IRBIS_POWER_H
#define IRBIS_POWER_H

#include <stdbool.h>
#include <stdint.h>

struct irbis_power {
    bool on;
    uint8_t reason;    /* enum irbis_reason, why it is on */
    uint32_t since_ms; /* when it came, or went, on a clock that wraps after 50 days */
    uint32_t age_s;    /* how long ago that is */
    uint32_t age_rest_ms;
    uint32_t aged_at_ms;

    bool off_asked; /* stays while the power is away; not set where the watchdog took it */
    uint32_t off_at_ms;
    bool wakes_by_pir;
    bool wakes_by_time;
    uint32_t wake_at_s;

    bool watched;
    uint32_t bites_at_ms;

    uint8_t called; /* inputs while the power was away */
};

/* Gives the host its power. */
void irbis_power_give(struct irbis_power *power, uint32_t now_ms, uint8_t reason);

/* Lets time pass; to be called more often than the clock wraps. */
void irbis_power_age(struct irbis_power *power, uint32_t now_ms);

/* Restarts the watchdog's countdown; 0 ends it. */
void irbis_power_watch(struct irbis_power *power, uint32_t now_ms, uint32_t period_s);

/* Switches what is due; true where it did. `inputs` as of the HAL; `pir_waits`: a PIR event is in
 * the queue. */
bool irbis_power_step(struct irbis_power *power, uint32_t now_ms, uint8_t inputs, bool pir_waits);

/* True when `at_ms` is not in the future; for spans below 2^31 ms. */
bool irbis_is_due(uint32_t now_ms, uint32_t at_ms);

#endif
