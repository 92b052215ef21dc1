#define _XOPEN_SOURCE 600
#include "hosted.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "irbis_dictionary.h"

static struct {
    struct hosted_options options;
    int memory;
    char rtc_path[4096];
    int64_t start_ms;
    int64_t ahead_ms; /* of the machine's clocks, by hosted_advance() */
    bool rtc_is_set;
    int64_t rtc_offset_ms; /* to the machine's clock */
    uint8_t inputs;
    uint32_t battery_mv;
    uint32_t writes;
} board;

static int64_t clock_ms(clockid_t which)
{
    struct timespec now;

    clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t machine_utc_ms(void)
{
    return clock_ms(CLOCK_REALTIME) + board.ahead_ms;
}

static bool keep_rtc(void)
{
    FILE *file = board.options.loses_time ? NULL : fopen(board.rtc_path, "w");

    if (file != NULL) {
        fprintf(file, "%" PRId64 "\n", board.rtc_offset_ms + board.ahead_ms);
        return fclose(file) == 0;
    }
    return board.options.loses_time;
}

void hosted_start(const char *state, const struct hosted_options *options)
{
    FILE *file;

    board.options = *options;
    board.battery_mv = 3900;
    board.start_ms = clock_ms(CLOCK_MONOTONIC);
    board.memory = open(state, O_RDWR | O_CREAT, 0600);
    if (board.memory < 0
        || snprintf(board.rtc_path, sizeof board.rtc_path, "%s.rtc", state)
               >= (int)sizeof board.rtc_path
        || fcntl(options->line, F_SETFL, fcntl(options->line, F_GETFL) | O_NONBLOCK) < 0) {
        perror(state);
        exit(1);
    }
    file = options->loses_time ? NULL : fopen(board.rtc_path, "r");
    if (file != NULL) {
        board.rtc_is_set = fscanf(file, "%" SCNd64, &board.rtc_offset_ms) == 1;
        fclose(file);
    }
}

void hosted_happen(enum irbis_input input)
{
    board.inputs = (uint8_t)(board.inputs | input);
}

void hosted_battery(uint32_t battery_mv)
{
    board.battery_mv = battery_mv;
}

void hosted_advance(uint32_t ms)
{
    board.ahead_ms += ms;
    if (board.rtc_is_set) {
        keep_rtc();
    }
}

size_t irbis_hal_uart_read(uint8_t *data, size_t most)
{
    ssize_t got = read(board.options.line, data, most);

    return got > 0 ? (size_t)got : 0;
}

/* What a full line does not take is lost, as on a UART without flow control. */
void irbis_hal_uart_write(const uint8_t *data, size_t length)
{
    ssize_t sent = write(board.options.line, data, length);

    (void)sent;
}

uint32_t irbis_hal_millis(void)
{
    return (uint32_t)(clock_ms(CLOCK_MONOTONIC) - board.start_ms + board.ahead_ms);
}

bool irbis_hal_rtc_get(uint32_t *utc_s, uint32_t *utc_ms)
{
    int64_t utc = machine_utc_ms() + board.rtc_offset_ms;

    *utc_s = board.rtc_is_set ? (uint32_t)(utc / 1000) : 0;
    *utc_ms = board.rtc_is_set ? (uint32_t)(utc % 1000) : 0;
    return board.rtc_is_set;
}

bool irbis_hal_rtc_set(uint32_t utc_s, uint32_t utc_ms)
{
    board.rtc_is_set = true;
    board.rtc_offset_ms = (int64_t)utc_s * 1000 + utc_ms - machine_utc_ms();
    return keep_rtc();
}

void irbis_hal_energy(struct irbis_energy *energy)
{
    energy->has_battery = true;
    energy->battery_mv = board.battery_mv;
    energy->has_solar = true;
    energy->solar_mv = 5200;
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
    printf("host power %s\n", on ? "on" : "off");
}

bool irbis_hal_nv_read(size_t offset, uint8_t *data, size_t length)
{
    return pread(board.memory, data, length, (off_t)offset) == (ssize_t)length;
}

bool irbis_hal_nv_write(size_t offset, const uint8_t *data, size_t length)
{
    if (++board.writes == board.options.tear_at) {
        ssize_t torn = pwrite(board.memory, data, length / 2, (off_t)offset);

        _exit(torn < 0 ? 1 : 3);
    }
    return pwrite(board.memory, data, length, (off_t)offset) == (ssize_t)length
        && fsync(board.memory) == 0;
}

void irbis_hal_watchdog_kick(void)
{
}
