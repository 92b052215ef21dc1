/* What the core needs of a board: twelve functions, all of which return at once but for the time
 * that a UART or a memory takes. None is called from an interrupt. */
#ifndef IRBIS_HAL_H
#define IRBIS_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "irbis_store.h" /* IRBIS_STORE_BYTES */

struct irbis_energy {
    bool has_battery;
    bool has_solar;
    bool has_current;
    uint32_t battery_mv;
    uint32_t solar_mv;
    int32_t current_ma; /* positive into the battery */
    uint8_t charge;     /* enum irbis_charge */
};

enum irbis_input { IRBIS_INPUT_PIR = 1, IRBIS_INPUT_BUTTON = 2, IRBIS_INPUT_RADIO = 4 };

/* Takes what has arrived, at most `most` bytes; returns how many. */
size_t irbis_hal_uart_read(uint8_t *data, size_t most);

/* Sends a frame, 61 bytes at the most. What cannot be sent is dropped: the protocol sends again. */
void irbis_hal_uart_write(const uint8_t *data, size_t length);

/* Milliseconds since the controller's start, modulo 2^32. */
uint32_t irbis_hal_millis(void);

/* The clock, seconds since 1970 and milliseconds 0 to 999; false while it was never set. */
bool irbis_hal_rtc_get(uint32_t *utc_s, uint32_t *utc_ms);

/* Sets the clock; false where it does not answer. */
bool irbis_hal_rtc_set(uint32_t utc_s, uint32_t utc_ms);

/* What is measured; all of `energy` is zero before. */
void irbis_hal_energy(struct irbis_energy *energy);

/* The board's temperature in 0.1 degrees Celsius; false where nothing measures it. */
bool irbis_hal_temperature(int32_t *decidegrees);

/* What happened since the last call: an OR of enum irbis_input. */
uint8_t irbis_hal_inputs(void);

/* Gives the host its power, or takes it away. */
void irbis_hal_host_power(bool on);

/* Non-volatile memory, IRBIS_STORE_BYTES of it. A write is durable when it returns true; one that
 * is cut off may leave any bytes where it wrote, and only there. */
bool irbis_hal_nv_read(size_t offset, uint8_t *data, size_t length);
bool irbis_hal_nv_write(size_t offset, const uint8_t *data, size_t length);

/* Tells the controller's own watchdog that the core is alive. */
void irbis_hal_watchdog_kick(void);

#endif
