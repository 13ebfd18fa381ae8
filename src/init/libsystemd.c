/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "init/libsystemd.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#if defined(__x86_64__)
#define JUMP(address)                                                                                        \
        "endbr64\n\t"                                                                                        \
        "jmp *" address "(%rip)\n\t"
#elif defined(__aarch64__)
#define JUMP(address)                                                                                        \
        "bti c\n\t"                                                                                          \
        "adrp x16, " address "\n\t"                                                                          \
        "ldr x16, [x16, :lo12:" address "]\n\t"                                                              \
        "br x16\n\t"
#endif

#ifdef JUMP

/* Nothing has been made yet, so this is a release of nothing. */
void *libsystemd_absent(void) __attribute__((used, visibility("hidden")));
void *libsystemd_absent(void) {
        return NULL;
}

/*
 * Three places for each function, side by side with those of the others: its
 * pointer, its name, and the jump. Written in one breath, so that pointers
 * and names have the same order. Hidden: the library's own calls are its own.
 */
#define FUNCTION(name)                                                                                       \
        asm(".pushsection libsystemd_pointers, \"aw\"\n\t"                                                   \
            ".balign 8\n"                                                                                    \
            "libsystemd_" #name ":\n\t"                                                                      \
            ".quad libsystemd_absent\n\t"                                                                    \
            ".popsection\n\t"                                                                                \
            ".pushsection libsystemd_names, \"a\"\n\t"                                                       \
            ".asciz \"" #name "\"\n\t"                                                                       \
            ".popsection\n\t"                                                                                \
            ".pushsection .text.libsystemd, \"ax\"\n\t"                                                      \
            ".balign 16\n\t"                                                                                 \
            ".globl " #name "\n\t"                                                                           \
            ".hidden " #name "\n\t"                                                                          \
            ".type " #name ", %function\n" #name ":\n\t" JUMP("libsystemd_" #name) ".size " #name            \
                                                                                   ", . - " #name "\n\t"     \
                                                                                   ".popsection");
#include "init/libsystemd.def"
#undef FUNCTION

/* The linker's names for the ends of the two. */
extern void *__start_libsystemd_pointers[], *__stop_libsystemd_pointers[];
extern const char __start_libsystemd_names[];

int libsystemd_open(const char **ret_why) {
        const char *name = __start_libsystemd_names;
        void *library;

        errno = 0;
        library = dlopen("libsystemd.so.0", RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
        for (void **p = __start_libsystemd_pointers; library && p < __stop_libsystemd_pointers; p++) {
                *p = dlsym(library, name);
                if (!*p)
                        break;
                name += strlen(name) + 1;
                if (p + 1 == __stop_libsystemd_pointers)
                        return 0;
        }
        /* Without memory the linker may not have had any for its own words either. */
        if (!library && errno == ENOMEM)
                return -ENOMEM;
        *ret_why = dlerror();
        return -ENOENT;
}

#else

/* Linked. */
int libsystemd_open(const char **ret_why) {
        return 0;
}

#endif
