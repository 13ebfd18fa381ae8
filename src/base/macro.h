/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What every file needs: sizes, cleanup at end of scope, assertions that do
 * not kill PID 1.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define ELEMENTSOF(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
/* They look at their arguments twice: no calls that do something in them. */
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* Releases at the end of the scope: char *p auto_free = NULL; int fd auto_fd = -1; char **l auto_strv = NULL; */
#define auto_free __attribute__((cleanup(cleanup_free)))
#define auto_fd __attribute__((cleanup(cleanup_fd)))
#define auto_strv __attribute__((cleanup(cleanup_strv)))

void cleanup_free(void *pp); /* void ** */
void cleanup_fd(int *fd);    /* closes when >= 0; keeps errno */
void cleanup_strv(char ***l);

/* Closes now and leaves -1. */
static inline void fd_release(int *fd) {
        cleanup_fd(fd);
        *fd = -1;
}

/* Hands the value over and leaves the variable empty (NULL, zero). */
#define TAKE(x)                                                                                              \
        ({                                                                                                   \
                __typeof__(x) *take_p_ = &(x);                                                               \
                __typeof__(x) take_v_ = *take_p_;                                                            \
                *take_p_ = (__typeof__(x)){ 0 };                                                             \
                take_v_;                                                                                     \
        })
/* The same for a descriptor, which is empty at -1. */
#define TAKE_FD(x)                                                                                           \
        ({                                                                                                   \
                int *take_p_ = &(x);                                                                         \
                int take_v_ = *take_p_;                                                                      \
                *take_p_ = -1;                                                                               \
                take_v_;                                                                                     \
        })

/*
 * Our assertion: when the condition does not hold, the place is logged (once
 * per place) and counted, and the function returns `ret`. Builds for tests and
 * fuzzing (-DENSURE_ABORTS) abort instead.
 */
#define ENSURE(cond, ret)                                                                                    \
        do {                                                                                                 \
                if (__builtin_expect(!(cond), 0)) {                                                          \
                        static bool ensure_seen_;                                                            \
                        ensure_failed(&ensure_seen_, #cond, __FILE__, __LINE__, __func__);                   \
                        return ret;                                                                          \
                }                                                                                            \
        } while (0)
/* For functions that return nothing. */
#define ENSURE_VOID(cond) ENSURE(cond, )

void ensure_failed(bool *seen, const char *cond, const char *file, int line, const char *func);
unsigned ensure_count(void); /* failures since the start; a property of the manager */

static inline bool size_multiply_overflows(size_t n, size_t each) {
        return each > 0 && n > SIZE_MAX / each;
}

/* Grows an array of `*capacity` elements so that `need` fit. 0 or -ENOMEM; the array is unchanged then. */
int array_reserve(void *array_pp, size_t *capacity, size_t need, size_t element_size);
