/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Memory that is refused: something is done once with all it asks for, then
 * again and again, each time with one allocation less that succeeds. It ends
 * each time as it did with memory, or with -ENOMEM; nothing is left behind.
 *
 * The program is linked with --wrap= for each function below, so that only what
 * is ours meets refusals: not the C library, nor a sanitizer.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define REFUSALS_MAX 100000 /* more, and it has no end */

static unsigned long refuse_in; /* allocations until one is refused, that one included; 0: none is */
static bool refused;
static long n_blocks; /* that are not freed */

static bool refuses(void) {
        if (refuse_in == 0 || --refuse_in > 0)
                return false;
        refused = true;
        errno = ENOMEM;
        return true;
}

static void *counted(void *p) {
        n_blocks += p != NULL;
        return p;
}

#define WRAPPED(type, name, ...)                                                                             \
        type __real_##name(__VA_ARGS__);                                                                     \
        type __wrap_##name(__VA_ARGS__);                                                                     \
        type __wrap_##name(__VA_ARGS__)

WRAPPED(void *, malloc, size_t n) {
        return refuses() ? NULL : counted(__real_malloc(n));
}

WRAPPED(void *, calloc, size_t n, size_t size) {
        return refuses() ? NULL : counted(__real_calloc(n, size));
}

WRAPPED(void *, realloc, void *p, size_t n) {
        if (refuses())
                return NULL;
        n_blocks -= p != NULL;
        return counted(__real_realloc(p, n));
}

WRAPPED(char *, strdup, const char *s) {
        return refuses() ? NULL : counted(__real_strdup(s));
}

WRAPPED(char *, strndup, const char *s, size_t n) {
        return refuses() ? NULL : counted(__real_strndup(s, n));
}

WRAPPED(int, vasprintf, char **ret, const char *format, va_list ap) {
        int r;

        if (refuses()) {
                *ret = (char *)1; /* undefined, says the manual */
                return -1;
        }
        r = __real_vasprintf(ret, format, ap);
        n_blocks += r >= 0;
        return r;
}

WRAPPED(DIR *, opendir, const char *path) {
        return refuses() ? NULL : __real_opendir(path);
}

WRAPPED(DIR *, fdopendir, int fd) {
        return refuses() ? NULL : __real_fdopendir(fd);
}

WRAPPED(void, free, void *p) {
        n_blocks -= p != NULL;
        __real_free(p);
}

static void memory_is_back(void) {
        refuse_in = 0;
}

static int lowest_descriptor(void) {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        close(fd);
        return fd;
}

/*
 * Does what is to be tested and, after memory_is_back(), says in the text
 * (owned; NULL: nothing) what came of it, also at a next try. What it made is
 * gone when it returns.
 */
typedef int (*Work)(const void *what, char **ret_text);

/* The number of refusals that it took. */
static unsigned long refuse_each(Work work, const void *what, const char *name) {
        char *expected = NULL;
        int fd = lowest_descriptor(), r, end;
        unsigned long n = 0;
        long blocks;

        memory_is_back();
        end = work(what, &expected);
        blocks = n_blocks;
        do {
                char *text = NULL;

                refused = false;
                refuse_in = ++n;
                r = work(what, &text);
                memory_is_back();
                if (r != end && (r != -ENOMEM || !refused))
                        fail_msg("%s: without allocation %lu it ends with %d, not %d", name, n, r, end);
                if (text && strcmp(text, expected ?: "") != 0)
                        fail_msg("%s: without allocation %lu it is\n%s\nand not\n%s", name, n, text,
                                 expected);
                free(text);
                if (n_blocks != blocks)
                        fail_msg("%s: without allocation %lu, %ld are lost", name, n, n_blocks - blocks);
                assert_true(n < REFUSALS_MAX);
        } while (refused);
        assert_int_equal(lowest_descriptor(), fd);
        free(expected);
        return n - 1;
}
