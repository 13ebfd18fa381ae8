/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/backup.h"
#include "base/text.h"

bool name_is_backup(const char *name) {
        static const char *const suffixes[] = { "~",         ".rpmnew",      ".rpmsave",     ".rpmorig",
                                                ".dpkg-old", ".dpkg-new",    ".dpkg-tmp",    ".dpkg-dist",
                                                ".dpkg-bak", ".dpkg-backup", ".dpkg-remove", ".ucf-new",
                                                ".ucf-old",  ".ucf-dist",    ".swp",         ".bak",
                                                ".old",      ".new" };

        if (name[0] == '.')
                return true;
        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++)
                if (str_ends_with(name, suffixes[i]))
                        return true;
        return false;
}
