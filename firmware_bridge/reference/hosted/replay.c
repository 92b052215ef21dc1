/* The core in a made-up time, for comparing it with another controller, step by step.
 *
 *     irbis-replay < STEPS > ANSWERS
 *
 * A step is: milliseconds that pass (4 bytes, big-endian), inputs (1: enum irbis_input), battery in
 * mV (2), how many bytes arrive (2), and those. Its answer is: whether the host has power (1), how
 * many bytes were sent (2), and those. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "irbis_core.h"
#include "irbis_dictionary.h"
#include "irbis_hal.h"

static struct {
    int64_t now_ms;
    bool rtc_is_set;
    int64_t rtc_offset_ms; /* to now_ms */
    uint8_t inputs;
    uint32_t battery_mv;
    bool host_power;
    uint8_t memory[IRBIS_STORE_BYTES];
    uint8_t arrived[65535];
    size_t arrived_length;
    size_t arrived_read;
    uint8_t sent[65535];
    size_t sent_length;
} board;

size_t irbis_hal_uart_read(uint8_t *data, size_t most)
{
    size_t left = board.arrived_length - board.arrived_read;
    size_t got = left < most ? left : most;

    memcpy(data, board.arrived + board.arrived_read, got);
    board.arrived_read += got;
    return got;
}

void irbis_hal_uart_write(const uint8_t *data, size_t length)
{
    if (length <= sizeof board.sent - board.sent_length) {
        memcpy(board.sent + board.sent_length, data, length);
        board.sent_length += length;
    }
}

uint32_t irbis_hal_millis(void)
{
    return (uint32_t)board.now_ms;
}

bool irbis_hal_rtc_get(uint32_t *utc_s, uint32_t *utc_ms)
{
    int64_t utc = board.now_ms + board.rtc_offset_ms;

    *utc_s = (uint32_t)(utc / 1000);
    *utc_ms = (uint32_t)(utc % 1000);
    return board.rtc_is_set;
}

bool irbis_hal_rtc_set(uint32_t utc_s, uint32_t utc_ms)
{
    board.rtc_is_set = true;
    board.rtc_offset_ms = (int64_t)utc_s * 1000 + utc_ms - board.now_ms;
    return true;
}

void irbis_hal_energy(struct irbis_energy *energy)
{
    energy->has_battery = true;
    energy->battery_mv = board.battery_mv;
    energy->has_current = true;
    energy->current_ma = -85;
    energy->charge = IRBIS_CHARGE_DISCHARGING;
}

bool irbis_hal_temperature(int32_t *decidegrees)
{
    *decidegrees = -123;
    return true;
}

uint8_t irbis_hal_inputs(void)
{
    uint8_t inputs = board.inputs;

    board.inputs = 0;
    return inputs;
}

void irbis_hal_host_power(bool on)
{
    board.host_power = on;
}

bool irbis_hal_nv_read(size_t offset, uint8_t *data, size_t length)
{
    memcpy(data, board.memory + offset, length);
    return true;
}

bool irbis_hal_nv_write(size_t offset, const uint8_t *data, size_t length)
{
    memcpy(board.memory + offset, data, length);
    return true;
}

void irbis_hal_watchdog_kick(void)
{
}

static uint32_t number(const uint8_t *bytes, size_t length)
{
    uint32_t value = 0;

    while (length-- > 0) {
        value = value << 8 | *bytes++;
    }
    return value;
}

static bool read_step(void)
{
    uint8_t head[9];

    if (fread(head, 1, sizeof head, stdin) != sizeof head) {
        return false;
    }
    board.now_ms += number(head, 4);
    board.inputs = head[4];
    board.battery_mv = number(head + 5, 2);
    board.arrived_length = number(head + 7, 2);
    board.arrived_read = 0;
    board.sent_length = 0;
    return fread(board.arrived, 1, board.arrived_length, stdin) == board.arrived_length;
}

static void write_answer(void)
{
    uint8_t head[3];

    head[0] = board.host_power;
    head[1] = (uint8_t)(board.sent_length >> 8);
    head[2] = (uint8_t)board.sent_length;
    fwrite(head, 1, sizeof head, stdout);
    fwrite(board.sent, 1, board.sent_length, stdout);
}

int main(void)
{
    static const struct irbis_config config = {"simulated controller", 3300, 3500};
    static struct irbis_core core;

    irbis_core_start(&core, &config);
    while (read_step()) {
        do {
            irbis_core_step(&core);
        } while (board.arrived_read < board.arrived_length);
        write_answer();
    }
    return 0;
}
