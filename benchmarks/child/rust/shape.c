/* A scope with a block of size bytes, for Rust: see shape.rs. */
#include <stddef.h>

void scope(size_t size, void (*f)(void *block, void *call), void *call)
{
	unsigned char block[size];
	f(block, call);
	__asm__ volatile("" ::: "memory"); /* no tail call: block lives on */
}
