/* A scope with a block of n bytes: a variable length array and a callback
 * through a function pointer. It answers requests "KIND SIZE TIMES" on standard
 * input with the time in nanoseconds that TIMES scopes took. */
#define _POSIX_C_SOURCE 199309L
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef void callback(unsigned char *block, size_t n);

static void touch(unsigned char *block, size_t n)
{
	block[0] = 1;
	block[n - 1] = 2;
}

/* Volatile, so that the compiler knows as little as it would of a closure. */
static callback *volatile known_late = touch;

__attribute__((noinline)) static void scope(size_t n, callback *f)
{
	unsigned char block[n];
	f(block, n);
	__asm__ volatile("" ::: "memory"); /* no tail call: block lives on */
}

__attribute__((noinline)) static void cleared_scope(size_t n, callback *f)
{
	unsigned char block[n];
	memset(block, 0, n);
	f(block, n);
	__asm__ volatile("" ::: "memory");
}

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void)
{
	char kind[16];
	size_t n;
	long times;
	while (scanf("%15s %zu %ld", kind, &n, &times) == 3) {
		long long start = now();
		if (strcmp(kind, "zeroed") == 0)
			for (long i = 0; i < times; i++)
				cleared_scope(n, known_late);
		else
			for (long i = 0; i < times; i++)
				scope(n, known_late);
		printf("%lld\n", now() - start);
		fflush(stdout);
	}
	return 0;
}
