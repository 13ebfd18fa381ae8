/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Patterns of --grep, as journalctl has them: PCRE2, by a library that nearly
 * every image has. It is looked for when a pattern is given; without it the
 * pattern is a POSIX extended one, which is said.
 */

#include "ctl/logs/logs.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <regex.h>
#include <string.h>

/* pcre2api(3): the part of the library's interface that is used; its numbers are fixed. */
#define PCRE2_CASELESS 0x00000008U
typedef struct PcreFunctions {
        void *(*compile)(const uint8_t *pattern, size_t n, uint32_t options, int *error, size_t *at,
                         void *context);
        int (*match)(const void *code, const uint8_t *text, size_t n, size_t start, uint32_t options,
                     void *data, void *context);
        void *(*match_data_new)(const void *code, void *context);
        void (*match_data_free)(void *data);
        void (*code_free)(void *code);
        size_t *(*offsets)(void *data);
        int (*message)(int error, uint8_t *text, size_t n);
} PcreFunctions;

struct LogsPattern {
        PcreFunctions pcre;
        void *library, *code, *data; /* owned; code NULL: posix */
        regex_t posix;
        bool has_posix;
};

static bool load(LogsPattern *p) {
        const struct {
                const char *name;
                void *place;
        } all[] = {
                { "pcre2_compile_8", &p->pcre.compile },
                { "pcre2_match_8", &p->pcre.match },
                { "pcre2_match_data_create_from_pattern_8", &p->pcre.match_data_new },
                { "pcre2_match_data_free_8", &p->pcre.match_data_free },
                { "pcre2_code_free_8", &p->pcre.code_free },
                { "pcre2_get_ovector_pointer_8", &p->pcre.offsets },
                { "pcre2_get_error_message_8", &p->pcre.message },
        };

        p->library = dlopen("libpcre2-8.so.0", RTLD_NOW | RTLD_LOCAL);
        for (size_t i = 0; p->library && i < ELEMENTSOF(all); i++) {
                void *f = dlsym(p->library, all[i].name);

                if (!f)
                        return false;
                memcpy(all[i].place, &f, sizeof(f));
        }
        return p->library;
}

static int compile_pcre(LogsPattern *p, const char *text, bool caseless) {
        size_t at = 0;
        int error = 0;

        p->code = p->pcre.compile((const uint8_t *)text, strlen(text), caseless ? PCRE2_CASELESS : 0, &error,
                                  &at, NULL);
        if (!p->code) {
                uint8_t words[256] = "";

                (void)p->pcre.message(error, words, sizeof(words));
                ctl_print_error("--grep: '%s' is not a pattern: %s at character %zu", text, words, at + 1);
                return -EINVAL;
        }
        p->data = p->pcre.match_data_new(p->code, NULL);
        return p->data ? 0 : -ENOMEM;
}

static int compile_posix(LogsPattern *p, const char *text, bool caseless) {
        int r = regcomp(&p->posix, text, REG_EXTENDED | (caseless ? REG_ICASE : 0));
        char words[256];

        fputs("svctl: libpcre2 is not here: --grep takes a POSIX extended pattern\n", stderr);
        p->has_posix = r == 0;
        if (r == 0)
                return 0;
        regerror(r, &p->posix, words, sizeof(words));
        ctl_print_error("--grep: '%s' is not a pattern: %s", text, words);
        return -EINVAL;
}

/* A pattern without capitals finds them as well. */
static int is_caseless(const char *text, const char *case_sensitive, bool *ret) {
        bool sensitive = false;

        for (const char *c = text; *c; c++)
                sensitive = sensitive || isupper((unsigned char)*c);
        if (case_sensitive && *case_sensitive && parse_bool(case_sensitive, &sensitive) < 0) {
                ctl_print_error("--case-sensitive: '%s' is not yes or no", case_sensitive);
                return -EINVAL;
        }
        *ret = !(sensitive || (case_sensitive && !*case_sensitive));
        return 0;
}

int logs_pattern_new(const char *text, const char *case_sensitive, LogsPattern **ret) {
        LogsPattern *p = calloc(1, sizeof(*p));
        bool caseless;
        int r;

        if (!p)
                return -ENOMEM;
        r = is_caseless(text, case_sensitive, &caseless);
        if (r >= 0)
                r = load(p) ? compile_pcre(p, text, caseless) : compile_posix(p, text, caseless);
        if (r < 0) {
                logs_pattern_free(p);
                return r;
        }
        *ret = p;
        return 0;
}

void logs_pattern_free(LogsPattern *p) {
        if (!p)
                return;
        if (p->data)
                p->pcre.match_data_free(p->data);
        if (p->code)
                p->pcre.code_free(p->code);
        if (p->has_posix)
                regfree(&p->posix);
        if (p->library)
                dlclose(p->library);
        free(p);
}

bool logs_pattern_finds(const LogsPattern *p, LogsText t, size_t *ret_start, size_t *ret_end) {
        regmatch_t m = { .rm_so = 0, .rm_eo = (regoff_t)t.n };

        *ret_start = *ret_end = 0;
        if (p->code) {
                if (p->pcre.match(p->code, (const uint8_t *)t.data, t.n, 0, 0, p->data, NULL) < 0)
                        return false;
                *ret_start = p->pcre.offsets(p->data)[0];
                *ret_end = p->pcre.offsets(p->data)[1];
                return true;
        }
        if (regexec(&p->posix, t.data, 1, &m, REG_STARTEND) != 0)
                return false;
        *ret_start = (size_t)m.rm_so;
        *ret_end = (size_t)m.rm_eo;
        return true;
}
