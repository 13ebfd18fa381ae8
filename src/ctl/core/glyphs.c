/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/core/glyphs.h"

#include "ctl/core/ctl.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>

static const Glyphs utf8 = { "│ ", "├─", "└─", "  ", "…", "●", "○", "×", "↻", "→" };
static const Glyphs ascii = { "| ", "|-", "`-", "  ", "...", "*", "*", "x", "*", "->" };

/* "C" that nobody asked for, or a locale that is not installed, is what a container has, and its terminal knows UTF-8. */
static bool is_utf8(void) {
        static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };
        const char *told = getenv("SYSTEMD_UTF8"), *locale = setlocale(LC_CTYPE, "");
        bool chosen = false, yes;

        if (told && parse_bool(told, &yes) >= 0)
                return yes;
        for (size_t i = 0; i < ELEMENTSOF(variables); i++)
                chosen |= !str_is_empty(getenv(variables[i]));
        return !locale || str_equal(nl_langinfo(CODESET), "UTF-8") ||
               (!chosen && (str_equal(locale, "C") || str_equal(locale, "POSIX")));
}

/* Characters are counted as they are drawn. */
static const Glyphs *find(void) {
        bool yes = is_utf8();

        if (yes && !str_equal(nl_langinfo(CODESET), "UTF-8"))
                (void)setlocale(LC_CTYPE, "C.UTF-8");
        return yes ? &utf8 : &ascii;
}

const Glyphs *ctl_glyphs(void) {
        static const Glyphs *found;

        if (!found)
                found = find();
        return found;
}

const char *glyph_of_state(const char *active_state) {
        const Glyphs *g = ctl_glyphs();

        if (str_equal(active_state, "inactive"))
                return g->empty;
        if (str_equal(active_state, "failed"))
                return g->cross;
        return str_equal(active_state, "reloading") ? g->circle_arrow : g->full;
}
