/* The board's interrupts and its rest, beside the HAL. */
#ifndef IRBIS_BOARD_H
#define IRBIS_BOARD_H

#include <stdint.h>

/* Starts clocks, UART, inputs and watchdog. */
void board_start(void);

/* Rests until something arrives or happens, `most_ms` at the longest. */
void board_rest(uint32_t most_ms);

void board_on_tick(void); /* every millisecond */
void board_on_uart(void);

#endif
