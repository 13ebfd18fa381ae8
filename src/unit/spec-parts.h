/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The parts of a spec as memory: the shared defaults, private copies, the
 * release of what the fields own. Internal to src/unit.
 *
 * The defaults are made once, by parsing every row's .initial, and are never
 * freed. No default owns memory, so a private copy is a memcpy() and going
 * back to the default of one field is another.
 */

#include "unit/directive.h"
#include "unit/spec.h"

int spec_parts_init(void); /* makes the defaults; 0 or -ENOMEM (try again later) */
const void *spec_default(PartId part);
size_t spec_part_size(PartId part);
bool spec_part_is_shared(const UnitSpec *s, PartId part);
void spec_parts_release(UnitSpec *s);

/*
 * Private parts that own no memory are exchanged for one copy that all specs
 * with the same content share; spec_part() makes them private again.
 * spec_unshare() gives the share back and leaves the pointer for the caller to replace.
 */
void spec_share_parts(UnitSpec *s);
void spec_unshare(UnitSpec *s, PartId part);

/* The row's field in the unit, in the part's shared or private memory. Only for rows with a field. */
const void *spec_field(const UnitSpec *s, const Directive *d);
bool spec_field_is_default(const UnitSpec *s, const Directive *d);
/* Back to the default: the field, its percentage, its "given" mark. */
void spec_field_reset(void *part, const Directive *d);

/* Adds the edge without copying the name: a constant of the program. */
int spec_add_constant_dependency(UnitSpec *s, DependencyKind kind, const char *name);

/* spec.c, for spec-read.c */
int spec_remember_file(UnitSpec *s, const char *file,
                       const char **ret); /* the copy that settings may point to */
void spec_say_unknown_section(const SpecContext *c, const SourcePlace *header, UnitType type);
int spec_assign_known_section(UnitSpec *s, const SpecContext *c, const Assignment *a);
bool name_is_extension(const char *name); /* X-...: of sections and keys */

/* spec-profile.c: the lines of one file that stand in sections [X-Profile NAME] */
typedef struct ProfileLines {
        struct ProfileLine *v; /* owned: those of the profile that counts, until the file has been read */
        size_t n, capacity;
        UnitSpec *others; /* owned: reads those of the others, for the mistakes that they have */
        Report said;      /* of these */
        bool counts;      /* the section that is being read is of the profile that counts */
} ProfileLines;
bool section_is_profile(const char *section);
int profile_lines_begin(ProfileLines *p, UnitSpec *s, const SpecContext *c,
                        const SourcePlace *header); /* 1: skip it */
int profile_lines_add(ProfileLines *p, const SpecContext *c, const Assignment *a);
int profile_lines_apply(const ProfileLines *p, UnitSpec *s, const SpecContext *c);
void profile_lines_release(ProfileLines *p);
void spec_check_profile(const UnitSpec *s,
                        const SpecContext *c); /* is there one of the name that is wanted? */

/* The steps of spec_complete(). 0 or -ENOMEM. */
int spec_complete_type(UnitSpec *s, const SpecContext *c);
int spec_complete_set(UnitSpec *s, const SpecContext *c);
int spec_complete_sandbox(UnitSpec *s);
int spec_add_implicit_dependencies(UnitSpec *s, const SpecContext *c);
int spec_add_default_dependencies(UnitSpec *s, const SpecContext *c);
bool mount_has_option(const MountSpec *m, const char *option);
bool mount_is_given(const char *where); /* for as long as the system runs: nobody's to take down */
int spec_check(UnitSpec *s, const SpecContext *c);
