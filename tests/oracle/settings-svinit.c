/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What svinit makes of unit files, for tests/oracle/settings: for each file
 * given, and each directive that has a value, a line of name of the file, key
 * and value, separated by tabs. Newlines inside a value are written as the
 * separator of units, 0x1f.
 */

#include "unit/directive.h"

#include <stdio.h>

/* As of systemd --test, whoever runs it. */
static const SpecifierHost host = {
        .architecture = "x86-64",
        .user = "root",
        .uid = "0",
        .group = "root",
        .gid = "0",
        .runtime_dir = "/run",
        .state_dir = "/var/lib",
        .cache_dir = "/var/cache",
        .logs_dir = "/var/log",
        .configuration_dir = "/etc",
        .tmp_dir = "/tmp",
        .var_tmp_dir = "/var/tmp",
        .os_image_id = "",
        .os_image_version = "",
        .os_build_id = "",
        .os_variant_id = "",
};

static void print(const char *name, const char *key, const char *value) {
        printf("%s\t%s\t", name, key);
        for (; *value; value++)
                putchar(*value == '\n' ? 0x1f : *value);
        putchar('\n');
}

static void print_all(const UnitSpec *s, const char *name) {
        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key; d++) {
                        Buf b auto_buf = { 0 };

                        if (!d->alias_of && directive_counts_for(d, s->type) &&
                            directive_format(d, s, &b) >= 0 && b.len > 0)
                                print(name, d->key, b.data);
                }
}

static int read_file(const char *path, Text *ret) {
        FILE *f = fopen(path, "re");
        char *data = malloc(1 << 20);
        size_t n;

        if (!f || !data) {
                free(data);
                if (f)
                        fclose(f);
                return -1;
        }
        n = fread(data, 1, 1 << 20, f);
        fclose(f);
        *ret = (Text){ data, n };
        return 0;
}

static int print_file(const char *path) {
        const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
        SpecContext context = { .specifiers = { .host = &host, .unit = name, .fragment_path = path } };
        UnitSpec *s = NULL;
        Text text;
        int r;

        if (read_file(path, &text) < 0)
                return -1;
        r = spec_new(name, &s);
        if (r >= 0)
                r = spec_read(s, &context, path, text);
        if (r >= 0)
                r = spec_complete(s, &context);
        if (r >= 0 && !s->fatal) /* systemd forgets the rest of those */
                print_all(s, name);
        spec_free(s);
        free(text.data);
        return r;
}

int main(int argc, char **argv) {
        int failed = 0;

        for (int i = 1; i < argc; i++)
                if (print_file(argv[i]) < 0) {
                        fprintf(stderr, "%s: cannot be read\n", argv[i]);
                        failed = 1;
                }
        return failed;
}
