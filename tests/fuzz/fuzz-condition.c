/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* First byte: which condition. The rest: its value, which is parsed, written, and judged on this machine. */

#include "fuzz.h"
#include "host/environment.h"
#include "unit/directive-tables.h"
#include "unit/directive.h"

#include <unistd.h>

static const HostInfo *this_host(void) {
        static HostInfo h;
        static bool known;

        if (!known)
                HOLDS(host_info_init(&h, environ) == 0);
        known = true;
        return &h;
}

static const Directive *condition_row(uint8_t number) {
        size_t n = 0;

        for (const Directive *d = condition_directives; d->key; d++)
                n += d->codec == &codec_conditions;
        number %= n;
        for (const Directive *d = condition_directives; d->key; d++)
                if (d->codec == &codec_conditions && number-- == 0)
                        return d;
        return NULL;
}

/* A pattern with many stars looks at the whole file system. */
static bool is_cheap(const Condition *c) {
        const char *star = strpbrk(c->parameter, "*?[{");

        return !str_equal(c->type, "PathExistsGlob") || !star || !strpbrk(star + 1, "*?[{");
}

/* An empty specifier before it is the one way to a parameter that begins like a mark: it cannot be written back. */
static bool looks_like_a_mark(const Condition *c) {
        return c->parameter[0] != 0 && strchr("|! \t", c->parameter[0]);
}

static void written_form_is_stable(const Directive *d, const UnitSpec *s, const SpecContext *context) {
        Buf once auto_buf = { 0 }, twice auto_buf = { 0 };
        UnitSpec *again;

        HOLDS(directive_format(d, s, &once) == 0);
        HOLDS(spec_new("a.service", &again) == 0);
        HOLDS(spec_assign(again, context, &(Assignment){ "Unit", d->key, once.data, "fuzz", 1 }) == 0);
        HOLDS(directive_format(d, again, &twice) == 0);
        HOLDS(str_equal(once.data, twice.data));
        spec_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *text auto_free = NULL;
        SpecContext context = { .specifiers = { .host = &this_host()->specifiers, .unit = "a.service" } };
        const Directive *d;
        UnitSpec *s;

        if (size < 1)
                return 0;
        text = fuzz_string(data + 1, size - 1);
        if (strchr(text, '\n') || !str_is_utf8(text, strlen(text)))
                return 0;
        d = condition_row(data[0]);
        HOLDS(d && spec_new("a.service", &s) == 0);
        HOLDS(spec_assign(s, &context, &(Assignment){ "Unit", d->key, str_strip(text), "fuzz", 1 }) == 0);
        bool plain = true;

        for (size_t i = 0; i < s->common->conditions.n; i++) {
                if (is_cheap(s->common->conditions.v + i))
                        HOLDS(condition_test(this_host(), s->common->conditions.v + i) <= 1);
                plain = plain && !looks_like_a_mark(s->common->conditions.v + i);
        }
        if (plain && s->common->conditions.n > 0)
                written_form_is_stable(d, s, &context);
        spec_free(s);
        return 0;
}
