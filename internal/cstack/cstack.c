// Bounds of the thread's stack: as many systems, as many names.
#if defined(__linux__)
#define _GNU_SOURCE
#elif defined(_WIN32) && !defined(_WIN32_WINNT)
#define _WIN32_WINNT 0x0602
#endif

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#include <windows.h>
#include <processthreadsapi.h>
#elif !defined(__wasm__)
#include <pthread.h>
#if defined(__FreeBSD__) || defined(__DragonFly__)
#include <pthread_np.h>
#elif defined(__OpenBSD__)
#include <pthread_np.h>
#include <signal.h>
#endif
#endif

#include "_cgo_export.h"

// A block may reach down to the middle of the thread's stack and no deeper than
// this. The other half is for the callback: the runtime works on this stack below
// it, and so does other C code that it calls. Go starts threads with the system's
// default size (8 MiB with glibc, 512 KiB on macOS, 128 KiB with musl); of the
// main thread's it believes in 2 MiB where the limit is "unlimited".
#define DEEPEST ((uintptr_t)512 << 10)

struct bounds {
	uintptr_t lowest; // that a block may reach
	uintptr_t top;
};

static void ask(uintptr_t *lo, uintptr_t *hi) {
#if defined(_WIN32)
	ULONG_PTR l, h;
	GetCurrentThreadStackLimits(&l, &h);
	*lo = l;
	*hi = h;
#elif defined(__APPLE__)
	*hi = (uintptr_t)pthread_get_stackaddr_np(pthread_self());
	*lo = *hi - pthread_get_stacksize_np(pthread_self());
#elif defined(__OpenBSD__)
	stack_t s;
	if (pthread_stackseg_np(pthread_self(), &s) == 0) {
		*hi = (uintptr_t)s.ss_sp;
		*lo = *hi - s.ss_size;
	}
#elif defined(__linux__) || defined(__NetBSD__) || defined(__FreeBSD__) || defined(__DragonFly__)
	pthread_attr_t attr;
	void *addr;
	size_t size;
#if defined(__FreeBSD__) || defined(__DragonFly__)
	if (pthread_attr_init(&attr) != 0) {
		return;
	}
	if (pthread_attr_get_np(pthread_self(), &attr) == 0 &&
#else
	if (pthread_getattr_np(pthread_self(), &attr) != 0) {
		return;
	}
	if (
#endif
	    pthread_attr_getstack(&attr, &addr, &size) == 0) {
		*lo = (uintptr_t)addr;
		*hi = *lo + size;
	}
	pthread_attr_destroy(&attr);
#endif
	// Elsewhere they stay unknown, and no block is given.
}

// room returns how much of the stack below here may be taken.
static uintptr_t room(uintptr_t here) {
	static __thread struct bounds known;
	if (known.top == 0) {
		uintptr_t lo = 0, hi = 0, half;
		ask(&lo, &hi);
		half = (hi - lo) / 2;
		if (half > DEEPEST) {
			half = DEEPEST;
		}
		known.top = hi == 0 ? 1 : hi;
		known.lowest = hi - half;
	}
	// Outside of the bounds it runs on a stack of somebody else's making.
	if (here <= known.lowest || here >= known.top) {
		return 0;
	}
	return here - known.lowest;
}

#if defined(__GNUC__)
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE
#endif

// The array is in a function of its own, so that it is made after the check.
static NOINLINE void block(uintptr_t size, uintptr_t callback) {
#if !defined(__STDC_NO_VLA__)
	char bytes[size + 15];
	// Go does not align this stack on every architecture as the compiler believes
	// it to be (riscv64: to 8 bytes), so the address is kept from the compiler.
	volatile uintptr_t at = (uintptr_t)bytes;
	stackallocBlock((void *)((at + 15) & ~(uintptr_t)15), callback);
#endif
}

// What a call takes of the stack beyond the block, generously.
#define OVERHEAD 1024

uintptr_t stackalloc_room(void) {
	uintptr_t r;
#if defined(__STDC_NO_VLA__)
	return 0;
#endif
	r = room((uintptr_t)&r);
	return r > OVERHEAD ? r - OVERHEAD : 0;
}

int stackalloc_c99(uintptr_t size, uintptr_t callback) {
	if (size > stackalloc_room()) {
		return 0;
	}
	block(size, callback);
	return 1;
}
