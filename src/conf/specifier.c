/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/specifier.h"

#include "conf/name.h"

#include <errno.h>

typedef struct HostSpecifier {
        char letter;
        size_t offset; /* of the string in SpecifierHost */
} HostSpecifier;

#define HOST(letter, member)                                                                                 \
        { (letter), offsetof(SpecifierHost, member) }

static const HostSpecifier host_specifiers[] = {
        HOST('a', architecture),  HOST('A', os_image_version),
        HOST('b', boot_id),       HOST('B', os_build_id),
        HOST('C', cache_dir),     HOST('E', configuration_dir),
        HOST('g', group),         HOST('G', gid),
        HOST('h', home),          HOST('H', hostname),
        HOST('L', logs_dir),      HOST('m', machine_id),
        HOST('M', os_image_id),   HOST('o', os_id),
        HOST('s', shell),         HOST('S', state_dir),
        HOST('t', runtime_dir),   HOST('T', tmp_dir),
        HOST('u', user),          HOST('U', uid),
        HOST('v', kernel),        HOST('V', var_tmp_dir),
        HOST('w', os_version_id), HOST('W', os_variant_id),
};

static int add_host(const SpecifierHost *h, char letter, Buf *b) {
        const char *value;

        for (size_t i = 0; i < ELEMENTSOF(host_specifiers); i++) {
                if (host_specifiers[i].letter != letter)
                        continue;
                value = h ? *(const char *const *)((const char *)h + host_specifiers[i].offset) : NULL;
                if (!value)
                        return -ENXIO;
                buf_add(b, value);
                return b->error;
        }
        return -EINVAL;
}

/* %l, and %q where the machine has no pretty name. */
static int add_short_hostname(const SpecifierHost *h, Buf *b) {
        if (!h || !h->hostname)
                return -ENXIO;
        buf_add_n(b, h->hostname, strcspn(h->hostname, "."));
        return b->error;
}

static int add_unescaped(const char *text, Buf *b) {
        char *plain auto_free = NULL;
        int r = name_unescape(text, &plain);

        if (r < 0)
                return r;
        buf_add(b, plain);
        return b->error;
}

/* %f: the instance, or the prefix where there is none, as a path. */
static int add_filename(const char *unit, Buf *b) {
        char *stem auto_free = NULL, *path auto_free = NULL;
        int r;

        r = name_instance(unit, &stem);
        if (r == 0 && !stem)
                r = name_prefix(unit, &stem);
        if (r < 0)
                return r;
        r = name_path_unescape(stem, &path);
        if (r < 0)
                return r;
        buf_add(b, path);
        return b->error;
}

/* Capital letters are the same text with its escapes undone; %N has none to undo. */
static int add_name_part(const char *unit, char letter, Buf *b) {
        char *part auto_free = NULL;
        const char *text, *dash;
        int r;

        switch (letter) {
        case 'N':
                r = name_prefix_and_instance(unit, &part);
                break;
        case 'i':
        case 'I':
                r = name_instance(unit, &part);
                break;
        default:
                r = name_prefix(unit, &part);
        }
        if (r < 0)
                return r;

        text = part ? part : "";
        dash = strrchr(text, '-');
        if ((letter == 'j' || letter == 'J') && dash)
                text = dash + 1;
        if (letter == 'I' || letter == 'P' || letter == 'J')
                return add_unescaped(text, b);
        buf_add(b, text);
        return b->error;
}

static int add_fragment(const char *path, bool directory, Buf *b) {
        const char *slash;

        if (!path)
                return -ENXIO;
        slash = strrchr(path, '/');
        if (!directory)
                buf_add(b, path);
        else if (slash)
                buf_add_n(b, path, slash == path ? 1 : (size_t)(slash - path));
        return b->error;
}

static int add_specifier(const SpecifierContext *c, char letter, Buf *b) {
        switch (letter) {
        case 'n':
                buf_add(b, c->unit ? c->unit : "");
                return c->unit ? b->error : -ENXIO;
        case 'N':
        case 'p':
        case 'P':
        case 'i':
        case 'I':
        case 'j':
        case 'J':
                return c->unit ? add_name_part(c->unit, letter, b) : -ENXIO;
        case 'f':
                return c->unit ? add_filename(c->unit, b) : -ENXIO;
        case 'y':
        case 'Y':
                return add_fragment(c->fragment_path, letter == 'Y', b);
        case 'd':
                if (!c->unit || !c->host || !c->host->runtime_dir)
                        return -ENXIO;
                buf_addf(b, "%s/credentials/%s", c->host->runtime_dir, c->unit);
                return b->error;
        case 'l':
                return add_short_hostname(c->host, b);
        case 'q':
                if (!c->host || !c->host->pretty_hostname)
                        return add_short_hostname(c->host, b);
                buf_add(b, c->host->pretty_hostname);
                return b->error;
        default:
                return add_host(c->host, letter, b);
        }
}

int specifier_expand(const SpecifierContext *c, const char *text, char **ret) {
        Buf b auto_buf = { 0 };

        while (*text) {
                size_t plain = strcspn(text, "%");
                int r = 0;

                buf_add_n(&b, text, plain);
                text += plain;
                if (*text == 0)
                        break;

                if (char_is_alnum(text[1])) {
                        r = add_specifier(c, text[1], &b);
                        text += 2;
                } else {
                        buf_add_char(&b, '%');
                        text += text[1] == '%' ? 2 : 1;
                }
                if (r < 0)
                        return r;
                if (b.len > SPECIFIER_TEXT_MAX)
                        return -E2BIG;
        }
        if (b.len > SPECIFIER_TEXT_MAX)
                return -E2BIG;
        return buf_take(&b, ret);
}
