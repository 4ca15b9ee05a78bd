#if !defined(_WIN32)

#include <pthread.h>
#include <stdint.h>

#include "_cgo_export.h"

static void *body(void *callback) {
	cthreadCallback((uintptr_t)callback);
	return 0;
}

int cthread_run(size_t stack, uintptr_t callback) {
	pthread_attr_t attr;
	pthread_t thread;
	int e;
	if ((e = pthread_attr_init(&attr)) != 0) {
		return e;
	}
	if ((e = pthread_attr_setstacksize(&attr, stack)) == 0 &&
	    (e = pthread_create(&thread, &attr, body, (void *)callback)) == 0) {
		e = pthread_join(thread, 0);
	}
	pthread_attr_destroy(&attr);
	return e;
}

#endif
