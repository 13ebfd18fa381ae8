/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The files of supervisord: what Python's configparser reads with supervisor's
 * options. Keys in lower case; "=" or ":" between key and value; a line that is
 * indented more than its key goes on with the value; "#" and ";" begin a
 * comment at the beginning of a line or behind a blank; what is said later
 * counts, in the same or in another file.
 */

#include "base/report.h"

typedef struct IniEntry {
        char *key, *value; /* owned */
        unsigned line;
        unsigned file; /* as it was given to ini_parse() */
} IniEntry;

typedef struct IniSection {
        char *name; /* owned */
        IniEntry *v;
        size_t n, capacity;
} IniSection;

typedef struct Ini {
        IniSection *v;
        size_t n, capacity;
} Ini;

/* Adds the text of a file. 0; -EBADMSG with findings; -ENOMEM. */
int ini_parse(Ini *ini, unsigned file, const char *name, const char *text, size_t n, Report *report);
void ini_release(Ini *ini);
IniSection *ini_section(const Ini *ini, const char *name);      /* NULL: there is none */
const IniEntry *ini_find(const IniSection *s, const char *key); /* NULL: not given; s may be NULL */
const char *ini_get(const IniSection *s, const char *key);      /* the value */
