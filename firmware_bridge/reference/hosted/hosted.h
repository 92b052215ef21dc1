/* The HAL of a Linux process: what its main program may do to it. */
#ifndef IRBIS_HOSTED_H
#define IRBIS_HOSTED_H

#include "irbis_hal.h"

struct hosted_options {
    int line;         /* file descriptor of the UART's line */
    bool loses_time;  /* the clock has no cell of its own */
    uint32_t tear_at; /* the power fails in this write of non-volatile memory; 0: in none */
};

/* Opens the memory in the file `state`, and the clock in `state`.rtc. */
void hosted_start(const char *state, const struct hosted_options *options);

/* Lets an input be seen. */
void hosted_happen(enum irbis_input input);

void hosted_battery(uint32_t battery_mv);

/* Lets both clocks jump ahead. */
void hosted_advance(uint32_t ms);

#endif
