/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A whole text into the spec: known sections, those that are none of ours, profiles. */

#include "unit/spec-parts.h"

typedef struct Reading {
        UnitSpec *spec;
        const SpecContext *context;
        ProfileLines profiles;
        bool in_profile;
} Reading;

static int on_section(const SourcePlace *header, void *userdata) {
        Reading *reading = userdata;
        UnitType type = reading->spec->type;

        reading->in_profile = type == UNIT_SERVICE && section_is_profile(header->section);
        if (reading->in_profile)
                return profile_lines_begin(&reading->profiles, reading->spec, reading->context, header);
        if (directive_section_is_known(header->section, type))
                return 0;
        if (!name_is_extension(header->section))
                spec_say_unknown_section(reading->context, header, type);
        return 1;
}

static int on_assignment(const Assignment *a, void *userdata) {
        Reading *reading = userdata;

        if (reading->in_profile)
                return profile_lines_add(&reading->profiles, reading->context, a);
        return spec_assign_known_section(reading->spec, reading->context, a);
}

int spec_read(UnitSpec *s, const SpecContext *c, const char *file, Text text) {
        static const SpecContext nothing;
        Reading reading = { .spec = s, .context = c ? c : &nothing };
        const char *name;
        int r;

        r = spec_remember_file(s, file, &name);
        if (r < 0)
                return r;
        r = unit_file_parse_sections(file, text, on_section, on_assignment, &reading,
                                     reading.context->report);
        if (r >= 0)
                r = profile_lines_apply(&reading.profiles, s, reading.context);
        profile_lines_release(&reading.profiles);
        return r;
}
