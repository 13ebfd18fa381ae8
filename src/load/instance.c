/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An instance of a set by what the set's files said once: see loader_read_instance(). */

#include "load/loader.h"

#include <errno.h>

static int read_texts(const SpecContext *c, const UnitSpec *set, const char *name, UnitSpec **ret) {
        UnitSpec *spec;
        int r = spec_new(name, &spec);

        if (r < 0)
                return r;
        for (size_t i = 0; i < set->texts->n && r != -ENOMEM; i++)
                r = spec_read(spec, c, set->files[i],
                              set->texts->v[i]); /* a mistake was reported when it was new */
        if (r == -ENOMEM) {
                spec_free(spec);
                return r;
        }
        *ret = spec;
        return 0;
}

/* As with files: the last of them may say that they are to be read by another profile. */
static int read_again(SpecContext *c, const UnitSpec *set, const char *profile, UnitSpec **spec) {
        char *own auto_free = strdup(profile);
        UnitSpec *fresh;
        int r;

        if (!own)
                return -ENOMEM;
        c->profile = own;
        r = read_texts(c, set, (*spec)->name, &fresh);
        c->profile = NULL;
        if (r < 0)
                return r;
        spec_free(*spec);
        *spec = fresh;
        return 0;
}

int loader_read_instance(const SpecContext *defaults, const UnitSpec *set, const char *name, UnitSpec **ret) {
        SpecContext c = *defaults;
        const char *profile;
        UnitSpec *spec;
        int r;

        if (!set->texts)
                return -ENODATA;
        c.report = NULL;
        c.specifiers.unit = name;
        c.specifiers.fragment_path = set->files[0];
        r = read_texts(&c, set, name, &spec);
        if (r < 0)
                return r;
        if (spec_wants_other_profile(spec, &c, &profile))
                r = read_again(&c, set, profile, &spec);
        if (r >= 0)
                r = spec_complete(spec, &c);
        if (r < 0) {
                spec_free(spec);
                return r;
        }
        *ret = spec;
        return 0;
}
