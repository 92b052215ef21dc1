/* Non-volatile memory in the file irbis.nv of the machine that emulates the board, by ARM's
 * semihosting: QEMU's flash forgets what is written to it. A board that is real keeps it in an
 * EEPROM, an FRAM, or two pages of flash. */
#include "irbis_hal.h"

enum { OPEN = 0x01, CLOSE = 0x02, WRITE = 0x05, READ = 0x06, SEEK = 0x0A };
enum { FOR_UPDATE = 3, NEW = 7 };

typedef uintptr_t word;

static word ask_host(word operation, const word *arguments)
{
    register word r0 __asm("r0") = operation;
    register const word *r1 __asm("r1") = arguments;

    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static bool ask(word operation, word handle, word second, word third)
{
    word arguments[3];

    arguments[0] = handle;
    arguments[1] = second;
    arguments[2] = third;
    return ask_host(operation, arguments) == 0;
}

static word open_file(word mode)
{
    static const char name[] = "irbis.nv";
    word arguments[3];

    arguments[0] = (word)name;
    arguments[1] = mode;
    arguments[2] = sizeof name - 1;
    return ask_host(OPEN, arguments);
}

/* Opens the file, makes it where there is none, and goes to `offset`. */
static bool open_at(size_t offset, word *handle)
{
    *handle = open_file(FOR_UPDATE);
    if (*handle == (word)-1) {
        *handle = open_file(NEW);
    }
    return *handle != (word)-1 && ask(SEEK, *handle, offset, 0);
}

bool irbis_hal_nv_read(size_t offset, uint8_t *data, size_t length)
{
    word handle;
    bool is_read = open_at(offset, &handle) && ask(READ, handle, (word)data, length);

    ask(CLOSE, handle, 0, 0);
    return is_read;
}

bool irbis_hal_nv_write(size_t offset, const uint8_t *data, size_t length)
{
    word handle;
    bool is_written = open_at(offset, &handle) && ask(WRITE, handle, (word)data, length);

    return ask(CLOSE, handle, 0, 0) && is_written;
}
