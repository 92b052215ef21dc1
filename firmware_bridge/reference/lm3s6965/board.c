/* The HAL of Stellaris' LM3S6965 evaluation board, as QEMU has it.
 *
 * PIR, button and radio are the board's keys up, select and left; the LED is the host's power. The
 * clock runs on the system timer and has no cell. Registers: LM3S6965 data sheet, Texas
 * Instruments, and ARM's PL011 and ARMv7-M manuals. */
#include "board.h"

#include "irbis_hal.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define SYSTEM_INTERRUPTS REGISTER(0x400FE050) /* raw; bit 6: the PLL is locked */
#define SYSTEM_CLOCK REGISTER(0x400FE060)
#define CLOCKS_0 REGISTER(0x400FE100) /* bit 3: watchdog */
#define CLOCKS_1 REGISTER(0x400FE104) /* bit 0: UART0 */
#define CLOCKS_2 REGISTER(0x400FE108) /* bits 0, 4, 5: ports A, E, F */

#define TICK_CONTROL REGISTER(0xE000E010)
#define TICK_RELOAD REGISTER(0xE000E014)
#define INTERRUPTS_ON REGISTER(0xE000E100)

#define WATCHDOG_LOAD REGISTER(0x40000000)
#define WATCHDOG_CONTROL REGISTER(0x40000008)

#define UART_DATA REGISTER(0x4000C000)
#define UART_FLAGS REGISTER(0x4000C018)
#define UART_DIVISOR REGISTER(0x4000C024)
#define UART_FRACTION REGISTER(0x4000C028)
#define UART_LINE REGISTER(0x4000C02C)
#define UART_CONTROL REGISTER(0x4000C030)
#define UART_INTERRUPTS REGISTER(0x4000C038)
#define UART_CLEAR REGISTER(0x4000C044)
enum { UART_RX_EMPTY = 1 << 4, UART_TX_FULL = 1 << 5, UART_RX = 1 << 4, UART_RX_TIMEOUT = 1 << 6 };

#define PORT_A 0x40004000u
#define PORT_E 0x40024000u
#define PORT_F 0x40025000u
#define PINS(port, mask) REGISTER((port) + ((mask) << 2)) /* these pins alone */
#define DIRECTION(port) REGISTER((port) + 0x400u)
#define ALTERNATE(port) REGISTER((port) + 0x420u)
#define PULL_UP(port) REGISTER((port) + 0x510u)
#define DIGITAL(port) REGISTER((port) + 0x51Cu)
enum { KEY_UP = 1 << 0, KEY_LEFT = 1 << 2, KEY_SELECT = 1 << 1, LED = 1 << 0 };

enum { CLOCK_HZ = 50000000, WATCHDOG_S = 4, RING = 256 };

static volatile uint32_t millis;
static volatile uint8_t happened; /* enum irbis_input */
static uint8_t pressed_before;
static volatile uint8_t ring[RING]; /* what the UART has received */
static volatile uint8_t ring_in;
static volatile uint8_t ring_out;
static bool rtc_is_set;
static volatile uint32_t rtc_s;
static volatile uint32_t rtc_ms;

static void interrupts_off(void)
{
    __asm volatile("cpsid i" ::: "memory");
}

static void interrupts_on(void)
{
    __asm volatile("cpsie i" ::: "memory");
}

/* The crystal's 8 MHz through the PLL: 200 MHz by four. */
static void start_clock(void)
{
    enum { BYPASS = 1 << 11, DIVIDE = 1 << 22, BY_4 = 3 << 23, XTAL_8 = 0xE << 6 };

    SYSTEM_CLOCK = (SYSTEM_CLOCK | BYPASS) & ~(uint32_t)DIVIDE;
    SYSTEM_CLOCK = BY_4 | DIVIDE | BYPASS | XTAL_8;
    while (!(SYSTEM_INTERRUPTS & 1 << 6)) {
    }
    SYSTEM_CLOCK = BY_4 | DIVIDE | XTAL_8;
    TICK_RELOAD = CLOCK_HZ / 1000 - 1;
    TICK_CONTROL = 7;
}

/* 115200 baud: 50 MHz / 16 / 115200 = 27 + 8 / 64. */
static void start_uart(void)
{
    DIGITAL(PORT_A) |= 3;
    ALTERNATE(PORT_A) |= 3;
    UART_DIVISOR = 27;
    UART_FRACTION = 8;
    UART_LINE = 3 << 5 | 1 << 4;       /* 8 bits, FIFOs */
    UART_INTERRUPTS = UART_RX | UART_RX_TIMEOUT;
    UART_CONTROL = 1 | 1 << 8 | 1 << 9; /* on, to send and to receive */
    INTERRUPTS_ON = 1 << 5;
}

static void start_pins(void)
{
    DIGITAL(PORT_E) |= KEY_UP | KEY_LEFT;
    PULL_UP(PORT_E) |= KEY_UP | KEY_LEFT;
    DIGITAL(PORT_F) |= KEY_SELECT | LED;
    PULL_UP(PORT_F) |= KEY_SELECT;
    DIRECTION(PORT_F) |= LED;
}

void board_start(void)
{
    CLOCKS_0 |= 1 << 3;
    CLOCKS_1 |= 1 << 0;
    CLOCKS_2 |= 1 << 0 | 1 << 4 | 1 << 5;
    start_pins();
    start_clock();
    start_uart();
    irbis_hal_watchdog_kick();
    WATCHDOG_CONTROL = 3; /* the second time that it runs out it resets the chip */
}

void board_rest(uint32_t most_ms)
{
    uint32_t since = millis;

    while (millis - since < most_ms && ring_in == ring_out && happened == 0) {
        __asm volatile("wfi");
    }
}

/* The keys pull their pins low. One counts when it is let go: after a reset QEMU shows all of them
 * as held, each until its first time. */
void board_on_tick(void)
{
    uint8_t pressed = 0;

    millis++;
    if (++rtc_ms == 1000) {
        rtc_ms = 0;
        rtc_s++;
    }
    pressed |= PINS(PORT_E, KEY_UP) ? 0 : IRBIS_INPUT_PIR;
    pressed |= PINS(PORT_E, KEY_LEFT) ? 0 : IRBIS_INPUT_RADIO;
    pressed |= PINS(PORT_F, KEY_SELECT) ? 0 : IRBIS_INPUT_BUTTON;
    happened |= (uint8_t)(pressed_before & ~pressed);
    pressed_before = pressed;
}

/* What finds no room is lost. */
void board_on_uart(void)
{
    UART_CLEAR = UART_RX | UART_RX_TIMEOUT;
    while (!(UART_FLAGS & UART_RX_EMPTY)) {
        uint8_t byte = (uint8_t)UART_DATA;

        if ((uint8_t)(ring_in + 1) != ring_out) {
            ring[ring_in] = byte;
            ring_in++;
        }
    }
}

size_t irbis_hal_uart_read(uint8_t *data, size_t most)
{
    size_t got = 0;

    while (got < most && ring_out != ring_in) {
        data[got++] = ring[ring_out];
        ring_out++;
    }
    return got;
}

void irbis_hal_uart_write(const uint8_t *data, size_t length)
{
    while (length-- > 0) {
        while (UART_FLAGS & UART_TX_FULL) {
        }
        UART_DATA = *data++;
    }
}

uint32_t irbis_hal_millis(void)
{
    return millis;
}

bool irbis_hal_rtc_get(uint32_t *utc_s, uint32_t *utc_ms)
{
    interrupts_off();
    *utc_s = rtc_s;
    *utc_ms = rtc_ms;
    interrupts_on();
    return rtc_is_set;
}

bool irbis_hal_rtc_set(uint32_t utc_s, uint32_t utc_ms)
{
    interrupts_off();
    rtc_s = utc_s;
    rtc_ms = utc_ms;
    interrupts_on();
    rtc_is_set = true;
    return true;
}

void irbis_hal_energy(struct irbis_energy *energy)
{
    (void)energy; /* the board has no battery */
}

bool irbis_hal_temperature(int32_t *decidegrees)
{
    (void)decidegrees;
    return false;
}

uint8_t irbis_hal_inputs(void)
{
    uint8_t inputs;

    interrupts_off();
    inputs = happened;
    happened = 0;
    interrupts_on();
    return inputs;
}

void irbis_hal_host_power(bool on)
{
    PINS(PORT_F, LED) = on ? LED : 0;
}

void irbis_hal_watchdog_kick(void)
{
    WATCHDOG_LOAD = (uint32_t)CLOCK_HZ * WATCHDOG_S;
}
