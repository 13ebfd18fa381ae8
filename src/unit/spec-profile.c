/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Profiles: [X-Profile production] holds lines of [Service] that count when the unit runs by that profile. They wait
 * until their file has been read, so that it does not matter where in the file the section stands; what a later
 * drop-in says counts more. Lines of other profiles go to a spec that nobody uses: a mistake is found before the day on
 * which the profile is wanted.
 */

#include <errno.h>

#include "unit/codec-util.h"
#include "unit/spec-parts.h"

#define PREFIX "X-Profile"
#define PROFILE_NAME_MAX 64 /* bytes */
#define PROFILES_MAX 64

typedef struct ProfileLine {
        char *key, *value; /* owned */
        Assignment place;
} ProfileLine;

bool profile_name_is_valid(const char *name) {
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
        size_t n = strlen(name);

        return n > 0 && n <= PROFILE_NAME_MAX && strspn(name, allowed) == n;
}

static int profile_parse(const CodecContext *c, const char *value, void *field) {
        return profile_name_is_valid(value) ? text_keep(value, field) : -EINVAL;
}

TEXT_CODEC(profile, .good = SAMPLES("production", "eu-west.2", "a_b"),
           .bad = SAMPLES("a b", "a/b", "\"x\"",
                          "0123456789012345678901234567890123456789012345678901234567890123456789"),
           .expects = "the name of a profile: letters, digits, '.', '_' and '-', at most 64",
           .parse = profile_parse);

bool section_is_profile(const char *section) {
        return str_equal(section, PREFIX) || str_starts_with(section, PREFIX " ");
}

static const char *name_of(const char *section) {
        section += strlen(PREFIX);
        return section + strspn(section, " ");
}

/* The spec's own copy of the name. */
static int note_profile(UnitSpec *s, const char *name, const char **ret) {
        int r = strv_length(s->profiles) < PROFILES_MAX ? strv_add_unique(&s->profiles, name) : -E2BIG;

        if (r >= 0)
                STRV_FOREACH (p, s->profiles)
                        if (str_equal(*p, name))
                                *ret = *p;
        return r;
}

static int refuse_section(const SpecContext *c, const SourcePlace *header, const char *why) {
        report_add_at(c->report, SEVERITY_WARNING, FINDING_UNKNOWN_SECTION, header,
                      "The lines of [%.60s] are ignored: %s.", header->section, why);
        return 1;
}

int profile_lines_begin(ProfileLines *p, UnitSpec *s, const SpecContext *c, const SourcePlace *header) {
        const char *name = name_of(header->section), *own = NULL;
        int r;

        if (!profile_name_is_valid(name))
                return refuse_section(
                        c, header,
                        "a profile is [X-Profile NAME], with letters, digits, '.', '_' and '-' in "
                        "the name");
        r = note_profile(s, name, &own);
        if (r == -E2BIG)
                return refuse_section(c, header, "a unit has no more than 64 profiles");
        p->counts = str_equal(name, c->profile);
        if (p->counts)
                s->profile = own;
        else if (r >= 0 && !p->others)
                r = spec_new(s->name, &p->others);
        return r;
}

static int keep(ProfileLines *p, const Assignment *a) {
        ProfileLine line = { .place = *a };
        int r = array_reserve(&p->v, &p->capacity, p->n + 1, sizeof(ProfileLine));

        if (r < 0)
                return r;
        line.key = strdup(a->key);
        line.value = strdup(a->value);
        p->v[p->n++] = line;
        return line.key && line.value ? 0 : -ENOMEM;
}

/* In the words of the section whose settings they are. */
static Assignment as_service(const Assignment *a) {
        Assignment own = *a;

        own.section = "Service";
        return own;
}

int profile_lines_add(ProfileLines *p, const SpecContext *c, const Assignment *a) {
        const SourcePlace place = { a->file, a->line, a->key_column, a->section, a->key };
        SpecContext aside = *c;
        Assignment own;

        if (str_equal(a->key, "X-Profile")) {
                report_add_at(c->report, SEVERITY_WARNING, FINDING_CONTRADICTION, &place,
                              "A profile cannot choose another one; the line is ignored.");
                return 0;
        }
        if (p->counts)
                return keep(p, a);
        own = as_service(a);
        aside.report = &p->said;
        return spec_assign_known_section(p->others, &aside, &own);
}

int profile_lines_apply(const ProfileLines *p, UnitSpec *s, const SpecContext *c) {
        int r = 0;

        for (size_t i = 0; i < p->said.n_findings; i++) {
                const Finding *f = p->said.findings + i;
                const SourcePlace place = { f->file, f->line, f->column, f->section, f->key };

                report_add_at(c->report, f->severity, f->code, &place, "%s", f->text);
        }
        for (size_t i = 0; i < p->n && r >= 0; i++) {
                Assignment a = as_service(&p->v[i].place);

                a.key = p->v[i].key;
                a.value = p->v[i].value;
                r = spec_assign_known_section(s, c, &a);
        }
        return r;
}

void profile_lines_release(ProfileLines *p) {
        for (size_t i = 0; i < p->n; i++) {
                free(p->v[i].key);
                free(p->v[i].value);
        }
        free(p->v);
        spec_free(p->others);
        report_release(&p->said);
        *p = (ProfileLines){ 0 };
}

static const char *wanted(const UnitSpec *s, const SpecContext *c) {
        return s->service->profile ? s->service->profile : c->profile;
}

bool spec_wants_other_profile(const UnitSpec *s, const SpecContext *c, const char **ret) {
        *ret = wanted(s, c);
        return s->profiles && !str_equal(*ret, c->profile);
}

/* Of an instance its set says it. Where no unit is asked in particular, one without profiles is as good as any. */
void spec_check_profile(const UnitSpec *s, const SpecContext *c) {
        const char *name = wanted(s, c), *key = s->service->profile ? "X-Profile" : "SVINIT_PROFILE";
        bool is_member = name_kind(s->name) == NAME_INSTANCE && s->service->instances.kind != INSTANCES_NONE;
        char *names auto_free = NULL;

        if (s->profile || str_is_empty(name) || is_member || (!s->profiles && !s->service->profile) ||
            strv_join(s->profiles, ", ", &names) < 0)
                return;
        report_add(c->report, SEVERITY_WARNING, s->files ? s->files[0] : NULL, 0, key,
                   "There is no [X-Profile %s] here%s%s; the unit goes without a profile.", name,
                   s->profiles ? ", only " : "", names ? names : "");
}
