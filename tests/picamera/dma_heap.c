/*
 * Memory of DMA heaps for programs on kernels without them: preloaded, it makes every heap below
 * /dev/dma_heap/ open, and each buffer a memfd. Whoever fills and reads such a buffer is a program,
 * so that nothing needs to be synchronised.
 *
 * And memory that C++ asks for begins as zeros. libcamera 0.4's Virtual pipeline never sets the status
 * of a buffer that it fills: it stays what lay there before, 0 being success. picamera2 drops all
 * others, so that a camera would at times give no picture at all.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static const char HEAPS[] = "/dev/dma_heap/";

static int buffer(off_t length)
{
	int fd = memfd_create("dma-buf", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, length) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

#define OPEN(name)                                                                     \
	int name(const char *path, int flags, ...)                                     \
	{                                                                              \
		int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);         \
		va_list rest;                                                          \
		mode_t mode;                                                           \
                                                                                       \
		va_start(rest, flags);                                                 \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;       \
		va_end(rest);                                                          \
		if (strncmp(path, HEAPS, sizeof(HEAPS) - 1) == 0)                      \
			return buffer(0);                                              \
		return next(path, flags, mode);                                        \
	}

OPEN(open)
OPEN(open64)

int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
	va_list rest;
	void *argument;

	va_start(rest, request);
	argument = va_arg(rest, void *);
	va_end(rest);
	if (request == DMA_HEAP_IOCTL_ALLOC) {
		struct dma_heap_allocation_data *wanted = argument;
		int made = buffer((off_t)wanted->len);

		wanted->fd = (unsigned int)made;
		return made < 0 ? -1 : 0;
	}
	if (_IOC_TYPE(request) == DMA_BUF_BASE && _IOC_NR(request) <= 1) /* sync, name */
		return 0;
	return next(fd, request, argument);
}

void *_Znwm(size_t length); /* operator new */

void *_Znwm(size_t length)
{
	void *made = calloc(1, length ? length : 1);

	if (made == NULL)
		abort();
	return made;
}
