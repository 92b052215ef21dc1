/* The clock of one process, for whom a month is minutes: it shows MONTH_BEGINS (seconds since 1970)
 * as the process starts, runs MONTH_RATE times as fast as the machine's, and goes on at once by what
 * month_jump() is told. All clocks that count seconds agree, and what waits, waits by them.
 *
 * What native code waits for without Python, among it the interpreter's own lock, takes as long as
 * ever: nothing there is meant in seconds of a day. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#define NS 1000000000LL
#define SLICE_NS 1000000LL /* after so long at the most, what waits has heard of a jump */

static _Atomic int64_t jumped_ns;
static int64_t start_ns, wall_ns, monotonic_ns, boottime_ns, rate;
static int (*machine)(clockid_t, struct timespec *);

static int64_t to_ns(const struct timespec *at)
{
    return at->tv_sec * NS + at->tv_nsec;
}

static struct timespec of_ns(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / NS, .tv_nsec = ns % NS};
}

static int64_t machine_ns(clockid_t clock)
{
    struct timespec now;
    machine(clock, &now);
    return to_ns(&now);
}

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void begin(void)
{
    if (machine)
        return;
    machine = (int (*)(clockid_t, struct timespec *))real("clock_gettime");
    start_ns = monotonic_ns = machine_ns(CLOCK_MONOTONIC);
    boottime_ns = machine_ns(CLOCK_BOOTTIME);
    const char *begins = getenv("MONTH_BEGINS"), *times = getenv("MONTH_RATE");
    wall_ns = begins ? atoll(begins) * NS : machine_ns(CLOCK_REALTIME);
    rate = times ? atoll(times) : 1;
}

void month_jump(int64_t ns)
{
    atomic_fetch_add(&jumped_ns, ns);
}

/* Since the process started, by its clock. */
static int64_t passed_ns(void)
{
    begin();
    return (machine_ns(CLOCK_MONOTONIC) - start_ns) * rate + atomic_load(&jumped_ns);
}

/* What the clock showed as the process started; below 0 for a clock that counts no seconds of a day. */
static int64_t began_ns(clockid_t clock)
{
    begin();
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        return wall_ns;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
        return monotonic_ns;
    case CLOCK_BOOTTIME:
        return boottime_ns;
    default:
        return -1;
    }
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int64_t began = began_ns(clock);
    if (began < 0)
        return machine(clock, now);
    *now = of_ns(began + passed_ns());
    return 0;
}

time_t time(time_t *also)
{
    time_t now = (began_ns(CLOCK_REALTIME) + passed_ns()) / NS;
    if (also)
        *also = now;
    return now;
}

int gettimeofday(struct timeval *restrict when, void *restrict zone)
{
    int64_t now = began_ns(CLOCK_REALTIME) + passed_ns();
    (void)zone;
    when->tv_sec = now / NS;
    when->tv_usec = now % NS / 1000;
    return 0;
}

/* How long the machine is to wait now for `until`, as passed_ns() counts; 0 where that is past. */
static int64_t slice_ns(int64_t until)
{
    int64_t left = until - passed_ns();
    if (left <= 0)
        return 0;
    left = left / rate + 1;
    return left < SLICE_NS ? left : SLICE_NS;
}

int sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *deadline)
{
    static int (*wait)(sem_t *, clockid_t, const struct timespec *);
    if (!wait)
        wait = (int (*)(sem_t *, clockid_t, const struct timespec *))real("sem_clockwait");
    int64_t until = to_ns(deadline) - began_ns(clock), slice;
    while ((slice = slice_ns(until)) > 0) {
        struct timespec end = of_ns(machine_ns(CLOCK_MONOTONIC) + slice);
        if (wait(sem, CLOCK_MONOTONIC, &end) == 0)
            return 0;
        if (errno != ETIMEDOUT)
            return -1;
    }
    if (sem_trywait(sem) == 0)
        return 0;
    errno = ETIMEDOUT;
    return -1;
}

int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict deadline)
{
    return sem_clockwait(sem, CLOCK_REALTIME, deadline);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *asked, struct timespec *left)
{
    static int (*sleep)(clockid_t, int, const struct timespec *, struct timespec *);
    if (!sleep)
        sleep = (int (*)(clockid_t, int, const struct timespec *, struct timespec *))real(
            "clock_nanosleep");
    int64_t from = flags & TIMER_ABSTIME ? -began_ns(clock) : passed_ns();
    int64_t until = from + to_ns(asked), slice;
    (void)left;
    while ((slice = slice_ns(until)) > 0) {
        struct timespec piece = of_ns(slice);
        int failed = sleep(CLOCK_MONOTONIC, 0, &piece, NULL);
        if (failed)
            return failed;
    }
    return 0;
}

int poll(struct pollfd *files, nfds_t count, int timeout_ms)
{
    static int (*ask)(struct pollfd *, nfds_t, int);
    if (!ask)
        ask = (int (*)(struct pollfd *, nfds_t, int))real("poll");
    if (timeout_ms <= 0)
        return ask(files, count, timeout_ms);
    int64_t until = passed_ns() + timeout_ms * 1000000LL, slice;
    while ((slice = slice_ns(until)) > 0) {
        int found = ask(files, count, (int)((slice + 999999) / 1000000));
        if (found)
            return found;
    }
    return ask(files, count, 0);
}

int select(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict odd,
           struct timeval *restrict timeout)
{
    static int (*ask)(int, fd_set *, fd_set *, fd_set *, struct timeval *);
    if (!ask)
        ask = (int (*)(int, fd_set *, fd_set *, fd_set *, struct timeval *))real("select");
    if (!timeout)
        return ask(count, in, out, odd, NULL);
    int64_t until = passed_ns() + timeout->tv_sec * NS + timeout->tv_usec * 1000LL, slice;
    fd_set wanted[3];
    fd_set *asked[3] = {in, out, odd};
    for (int kind = 0; kind < 3; kind++)
        if (asked[kind])
            wanted[kind] = *asked[kind];
    for (;;) {
        slice = slice_ns(until);
        struct timeval piece = {.tv_sec = 0, .tv_usec = slice / 1000};
        int found = ask(count, in, out, odd, &piece);
        if (found || slice == 0)
            return found;
        for (int kind = 0; kind < 3; kind++)
            if (asked[kind])
                *asked[kind] = wanted[kind];
    }
}

/* Nagle's algorithm waits for an acknowledgement that the other end's kernel delays for 40 ms of the
 * machine's: those are minutes here, and a session's. */
int connect(int file, const struct sockaddr *address, socklen_t length)
{
    static int (*make)(int, const struct sockaddr *, socklen_t);
    if (!make)
        make = (int (*)(int, const struct sockaddr *, socklen_t))real("connect");
    int at_once = 1;
    if (address->sa_family == AF_INET || address->sa_family == AF_INET6)
        setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    return make(file, address, length);
}

/* Native threads' waits, and the interpreter's for its lock: as long as they were meant. */
int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *deadline)
{
    static int (*wait)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
    if (!wait)
        wait = (int (*)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *))
            real("pthread_cond_clockwait");
    int64_t left = to_ns(deadline) - began_ns(clock) - passed_ns();
    struct timespec end = of_ns(machine_ns(CLOCK_MONOTONIC) + (left > 0 ? left : 0));
    return wait(cond, mutex, CLOCK_MONOTONIC, &end);
}

int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict deadline)
{
    /* The condition knows its clock, and tells nobody: no machine runs for thirty years. */
    clockid_t clock = deadline->tv_sec < 1000000000 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
    return pthread_cond_clockwait(cond, mutex, clock, deadline);
}
