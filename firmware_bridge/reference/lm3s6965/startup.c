/* From reset to main(), and the table of who serves which interrupt. */
#include <stddef.h>
#include <stdint.h>

#include "board.h"

extern uint32_t data_start[], data_end[], data_in_flash[], bss_start[], bss_end[], stack_top[];

int main(void);

void reset(void)
{
    const uint32_t *from = data_in_flash;
    uint32_t *to;

    for (to = data_start; to < data_end; to++) {
        *to = *from++;
    }
    for (to = bss_start; to < bss_end; to++) {
        *to = 0;
    }
    main();
}

/* A fault is left to the watchdog, which starts the controller anew. */
static void stop(void)
{
    for (;;) {
    }
}

static void ignore(void)
{
}

/* ARMv7-M: the stack, 15 exceptions, then the chip's interrupts, of which UART0 is the fifth. */
struct vectors {
    uint32_t *stack;
    void (*handlers[21])(void);
};

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    stack_top,
    {
        reset, stop, stop, stop, stop, stop, NULL, NULL, NULL, NULL, ignore, ignore, NULL, ignore,
        board_on_tick, ignore, ignore, ignore, ignore, ignore, board_on_uart,
    },
};
