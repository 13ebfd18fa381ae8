/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A property as a client may set it, of any type and value. The first byte
 * chooses the type of the unit, the next two the property, then come the
 * values. What is made of it stays on its lines: the text read as a file says
 * the same as the assignments one by one.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/codec/append.h"
#include "bus/codec/property-text.h"
#include "fuzz.h"

#define ELEMENTS_MAX 4

typedef struct Input {
        const uint8_t *data;
        size_t n;
} Input;

static const UnitType types[] = { UNIT_SERVICE, UNIT_SOCKET, UNIT_TIMER, UNIT_PATH, UNIT_SLICE, UNIT_SCOPE };
static const char *const names[] = { "a-b@c.service", "a.socket",  "a.timer",
                                     "a@b.path",      "a-b.slice", "a.scope" };
static const SpecifierHost host = { .hostname = "box", .runtime_dir = "/run", .state_dir = "/var/lib" };

static uint64_t take(Input *in, size_t size) {
        uint64_t v = 0;

        for (; size > 0 && in->n > 0; size--, in->n--)
                v = v << 8 | *in->data++;
        return v;
}

/* Up to its NUL; sd-bus lets nothing through that is not UTF-8. */
static char *take_text(Input *in) {
        size_t n = strnlen((const char *)in->data, in->n);
        char *s = fuzz_string(in->data, n);

        in->data += MIN(n + 1, in->n);
        in->n -= MIN(n + 1, in->n);
        for (char *p = s; *p; p++)
                if ((unsigned char)*p >= 0x80)
                        *p = '?';
        return s;
}

/* How long the single complete type at `s` is. */
static size_t type_length(const char *s) {
        size_t n = 0;
        int depth = 0;

        do {
                while (s[n] == 'a')
                        n++;
                depth += s[n] == '(' ? 1 : s[n] == ')' ? -1 : 0;
                n++;
        } while (depth > 0 && s[n]);
        return n;
}

static int fill(sd_bus_message *m, const char *type, Input *in);

static int fill_basic(sd_bus_message *m, char type, Input *in) {
        char *text auto_free = NULL;

        if (type != 's')
                return append_integer(m, type, (int64_t)take(in, 1 + take(in, 1) % 8));
        text = take_text(in);
        return sd_bus_message_append_basic(m, 's', text);
}

static int fill_container(sd_bus_message *m, char kind, const char *contents, Input *in) {
        size_t n = kind == 'a' ? take(in, 1) % (ELEMENTS_MAX + 1) : 1;
        int r = sd_bus_message_open_container(m, kind, contents);

        for (; r >= 0 && n > 0; n--)
                for (const char *p = contents; r >= 0 && *p; p += type_length(p))
                        r = fill(m, p, in);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int fill(sd_bus_message *m, const char *type, Input *in) {
        size_t n = type_length(type);
        char *contents auto_free = NULL;

        if (type[0] != 'a' && type[0] != '(')
                return fill_basic(m, type[0], in);
        contents = type[0] == 'a' ? strndup(type + 1, n - 1) : strndup(type + 1, n - 2);
        HOLDS(contents);
        return fill_container(m, type[0] == 'a' ? 'a' : 'r', contents, in);
}

typedef struct Choice {
        const char *name, *signature;
} Choice;

/* The number-th of all properties that are a row's, special, or derived from a row's. */
static Choice choose(unsigned number, char buf[64]) {
        unsigned n = 0;

        for (const SpecialProperty *p = special_properties; p->name; p++)
                if (n++ == number)
                        return (Choice){ p->name, p->signature };
        for (const Directive *const *t = directive_tables; *t; t++)
                for (const Directive *d = *t; d->key; d++) {
                        const char *signature = directive_signature(d);

                        if (!directive_property(d) || !signature)
                                continue;
                        if (str_starts_with(signature, "a(sasb"))
                                signature = "a(sasb)";
                        if (n++ == number)
                                return (Choice){ directive_property(d), signature };
                        (void)snprintf(buf, 64, "%s%s", directive_property(d),
                                       signature[0] == 'a' ? "Ex"
                                       : signature[0] == 't' && d->codec && d->codec->id == CODEC_rlimit
                                               ? "Soft"
                                               : "Scale");
                        if (n++ == number)
                                return (Choice){ buf, signature[0] == 'a'          ? "a(sasas)"
                                                      : str_ends_with(buf, "Soft") ? "t"
                                                                                   : "u" };
                }
        return (Choice){ "NoSuchThing", "s" };
}

static UnitSpec *read_as_file(const SettingTexts *texts, size_t which, const SpecContext *c) {
        char *copy auto_free = NULL;
        Buf file auto_buf = { 0 };
        UnitSpec *s = NULL;

        setting_texts_format(texts, types[which], &file);
        if (file.error < 0 || file.len == 0)
                return NULL;
        copy = strdup(file.data);
        HOLDS(copy && spec_new(names[which], &s) == 0);
        HOLDS(spec_read(s, c, "fuzz", (Text){ copy, file.len }) == 0);
        return s;
}

static void compare(const SettingTexts *texts, size_t which) {
        const SpecContext c = { .specifiers = { .host = &host, .unit = names[which] } };
        UnitSpec *one = NULL, *file = read_as_file(texts, which, &c);

        if (!file)
                return;
        HOLDS(spec_new(names[which], &one) == 0);
        HOLDS(setting_texts_assign(texts, &c, one) == 0);
        for (const Directive *const *t = directive_tables; *t; t++)
                for (const Directive *d = *t; d->key; d++) {
                        Buf a auto_buf = { 0 }, b auto_buf = { 0 };

                        if (d->alias_of || !directive_counts_for(d, types[which]))
                                continue;
                        HOLDS(directive_format(d, one, &a) == 0 && directive_format(d, file, &b) == 0);
                        if (!str_equal(a.data ? a.data : "", b.data ? b.data : "")) {
                                fprintf(stderr, "%s: [%s] [%s]\n", d->key, a.data, b.data);
                                abort();
                        }
                }
        spec_free(one);
        spec_free(file);
}

static sd_bus *a_bus(void) {
        static sd_bus *bus;
        int fds[2];

        if (bus)
                return bus;
        HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
        HOLDS(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, fds[0], fds[0]) >= 0 && sd_bus_start(bus) >= 0);
        close(fds[1]);
        return bus;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *m = NULL;
        SettingTexts texts = { 0 };
        Input in = { data, size };
        char buf[64];
        size_t which;
        Choice c;

        if (size < 3 || size > 4096)
                return 0;
        which = take(&in, 1) % ELEMENTSOF(types);
        c = choose((unsigned)take(&in, 2) % 1400, buf);
        HOLDS(sd_bus_message_new_signal(a_bus(), &m, "/a", "a.b", "C") >= 0);
        if (sd_bus_message_open_container(m, 'v', c.signature) >= 0 && fill(m, c.signature, &in) >= 0 &&
            sd_bus_message_close_container(m) >= 0 && sd_bus_message_seal(m, 1, 0) >= 0 &&
            property_to_text(types[which], c.name, m, &texts, &error) == 0)
                compare(&texts, which);
        setting_texts_release(&texts);
        sd_bus_error_free(&error);
        sd_bus_message_unref(m);
        return 0;
}
