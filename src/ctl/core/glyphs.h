/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Characters for trees, bullets and arrows, as the locale has them; SYSTEMD_UTF8 decides before it. Sets LC_CTYPE. */

typedef struct Glyphs {
        const char *vertical, *branch, *right, *space, *ellipsis;
        const char *full, *empty, *cross, *circle_arrow, *arrow;
} Glyphs;

const Glyphs *ctl_glyphs(void);
const char *glyph_of_state(const char *active_state); /* a unit's bullet, as systemctl has it */
