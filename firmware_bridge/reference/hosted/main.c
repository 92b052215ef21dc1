/* The core on Linux, on a pseudo terminal or any other line.
 *
 *     irbis-hosted STATE [--line FD] [--no-cell] [--tear N]
 *
 * STATE is the file of non-volatile memory, STATE.rtc the clock's. To kill the process and start it
 * again is a brown-out. Without --line, the open file descriptor of a line, it makes a pty and
 * prints its path. --no-cell: the clock loses its time with the power. --tear N: the power fails in
 * the middle of the N-th write of non-volatile memory.
 *
 * Standard input takes what happens, a line each: pir, button, radio, battery MV, advance MS.
 * Standard output tells when the host's power goes and comes. */
#define _DEFAULT_SOURCE
#define _XOPEN_SOURCE 600
#include "hosted.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "irbis_core.h"

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* The controller's end of a new pty. */
static int make_pty(void)
{
    struct termios raw;
    int line = posix_openpt(O_RDWR | O_NOCTTY);
    int other;

    if (line < 0 || grantpt(line) != 0 || unlockpt(line) != 0) {
        fail("pty");
    }
    other = open(ptsname(line), O_RDWR | O_NOCTTY); /* kept open: the line outlives its readers */
    if (other < 0 || tcgetattr(other, &raw) != 0) {
        fail("pty");
    }
    cfmakeraw(&raw);
    if (tcsetattr(other, TCSANOW, &raw) != 0) {
        fail("pty");
    }
    printf("%s\n", ptsname(line));
    return line;
}

static void take_command(char *command)
{
    char *value = strchr(command, ' ');
    unsigned long number = value == NULL ? 0 : strtoul(value, NULL, 10);

    if (strncmp(command, "pir", 3) == 0) {
        hosted_happen(IRBIS_INPUT_PIR);
    } else if (strncmp(command, "button", 6) == 0) {
        hosted_happen(IRBIS_INPUT_BUTTON);
    } else if (strncmp(command, "radio", 5) == 0) {
        hosted_happen(IRBIS_INPUT_RADIO);
    } else if (strncmp(command, "battery", 7) == 0) {
        hosted_battery((uint32_t)number);
    } else if (strncmp(command, "advance", 7) == 0) {
        hosted_advance((uint32_t)number);
    } else {
        fprintf(stderr, "unknown command: %s", command);
    }
}

/* One command at a time, so that two of them are two events. False at the end of input. */
static bool read_command(void)
{
    char command[64];
    size_t length = 0;

    while (length < sizeof command - 1 && read(STDIN_FILENO, command + length, 1) == 1) {
        if (command[length++] == '\n') {
            command[length] = '\0';
            take_command(command);
            return true;
        }
    }
    return false;
}

static int read_arguments(int argc, char **argv, struct hosted_options *options)
{
    int i;

    memset(options, 0, sizeof *options);
    options->line = -1;
    for (i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--no-cell") == 0) {
            options->loses_time = true;
        } else if (strcmp(argv[i], "--line") == 0 && i + 1 < argc) {
            options->line = atoi(argv[++i]);
        } else if (strcmp(argv[i], "--tear") == 0 && i + 1 < argc) {
            options->tear_at = (uint32_t)atoi(argv[++i]);
        } else {
            return -1;
        }
    }
    return argc < 2 ? -1 : 0;
}

int main(int argc, char **argv)
{
    static const struct irbis_config config = {"irbis-core hosted 1", 3300, 3500};
    static struct irbis_core core;
    struct hosted_options options;
    struct pollfd watched[2];

    if (read_arguments(argc, argv, &options) != 0) {
        fprintf(stderr, "usage: %s STATE [--line FD] [--no-cell] [--tear N]\n", argv[0]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (options.line < 0) {
        options.line = make_pty();
    }
    hosted_start(argv[1], &options);
    irbis_core_start(&core, &config);
    watched[0].fd = options.line;
    watched[1].fd = STDIN_FILENO;
    watched[0].events = watched[1].events = POLLIN;
    for (;;) {
        int rest_ms = (int)irbis_core_step(&core);

        if (poll(watched, 2, rest_ms) > 0 && watched[1].revents != 0 && !read_command()) {
            watched[1].fd = -1; /* nothing happens any more; the line goes on */
        }
    }
}
