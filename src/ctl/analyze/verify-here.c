/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* --here: what a unit asks for that this machine or container does not have. */

#include "ctl/analyze/verify.h"

#include "host/account-file.h"
#include "unit/privilege.h"

#include <errno.h>
#include <glob.h>
#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

typedef struct Here {
        Verify *verify;
        const Unit *unit;
        const Places *places;
} Here;

#define SAY(h, severity, key, word, ...)                                                                     \
        verify_say((h)->verify, (h)->unit, (h)->places, (severity), FINDING_NOT_APPLIED, (key), (word),      \
                   __VA_ARGS__)

/* The first condition that does not hold; with "|" it is enough that one of them does. */
static void check_conditions(const Here *h, const ConditionList *l, bool asserts) {
        const Condition *failed = NULL;
        char *key auto_free = NULL;

        if (conditions_hold(&h->verify->graph->host, l, NULL, &failed) || !failed)
                return;
        if (str_printf(&key, "%s%s", asserts ? "Assert" : "Condition", failed->type) < 0)
                return;
        SAY(h, asserts ? SEVERITY_WARNING : SEVERITY_NOTE, key, failed->parameter,
            "'%s%s' does not hold here; %s.", failed->negate ? "!" : "", failed->parameter,
            asserts ? "the start fails" : "the start is skipped");
}

static void check_identity(const Here *h, const ExecSpec *e) {
        AccountEntry entry = { 0 };
        gid_t gid;

        if (e->user && !e->dynamic_user) {
                if (account_file_user(e->user, &entry) < 0)
                        SAY(h, SEVERITY_ERROR, "User", NULL,
                            "There is no user '%s'; the start fails (217/USER).", e->user);
                else if (geteuid() != 0 && entry.uid != geteuid())
                        SAY(h, SEVERITY_ERROR, "User", NULL,
                            "Only root can become '%s'; the start fails (217/USER).", e->user);
                account_entry_release(&entry);
        }
        if (e->group && !e->dynamic_user && account_file_group(e->group, &gid) < 0)
                SAY(h, SEVERITY_ERROR, "Group", NULL, "There is no group '%s'; the start fails (216/GROUP).",
                    e->group);
        STRV_FOREACH (g, e->supplementary_groups)
                if (account_file_group(*g, &gid) < 0)
                        SAY(h, SEVERITY_ERROR, "SupplementaryGroups", *g,
                            "There is no group '%s'; the start fails (216/GROUP).", *g);
}

static void check_files(const Here *h, const ExecSpec *e) {
        for (size_t i = 0; i < e->n_environment_files; i++) {
                const EnvironmentFile *f = e->environment_files + i;
                glob_t found = { 0 };

                if (!f->optional && glob(f->path, GLOB_BRACE, NULL, &found) != 0)
                        SAY(h, SEVERITY_ERROR, "EnvironmentFile", f->path,
                            "'%s' cannot be read; the start fails.", f->path);
                globfree(&found);
        }
        if (e->working_directory && e->working_directory[0] == '/' && !e->working_directory_optional &&
            !e->root_directory && access(e->working_directory, X_OK) < 0 && !e->directories[0].names)
                SAY(h, SEVERITY_ERROR, "WorkingDirectory", NULL, "'%s': %s; the start fails (200/CHDIR).",
                    e->working_directory, strerror(errno));
}

static bool is_default(const Directive *d, const UnitSpec *s) {
        Buf b auto_buf = { 0 };

        return directive_format(d, s, &b) < 0 ||
               str_equal(b.data ? b.data : "", d->initial ? d->initial : "");
}

static bool has_capability(const Here *h, int capability) {
        return h->verify->graph->host.capability_bounding >> capability & 1;
}

/* Which column of `svctl dump-directives --outcomes` this place is nearest to. */
static Place place_here(const Here *h) {
        if (geteuid() != 0)
                return PLACE_USER;
        return has_capability(h, CAP_SYS_ADMIN) && has_capability(h, CAP_SYS_NICE) ? PLACE_PRIVILEGED
                                                                                   : PLACE_DOCKER;
}

static void say_lack(const Here *h, const Place place, const Directive *d, const char *key) {
        const char *lack = setting_lack(d, h->unit->spec, place);

        if (!lack)
                return;
        if (str_starts_with(lack, "fails"))
                SAY(h, SEVERITY_ERROR, key, NULL, "Needs a privilege that is not here; the start %s.", lack);
        else
                SAY(h, SEVERITY_NOTE, key, NULL,
                    "Needs a privilege that is not here; the unit runs without%s%s.",
                    str_starts_with(lack, "noted") ? "" : ": ", str_starts_with(lack, "noted") ? "" : lack);
}

/* Each setting once. */
static void check_privileges(const Here *h) {
        static const char cgroup[] = "/sys/fs/cgroup";
        bool groups = access(cgroup, W_OK) >= 0;
        const Places *p = h->places;
        Place place = place_here(h);

        for (size_t i = 0; i < p->n; i++) {
                const Directive *d = directive_find(p->v[i].section, p->v[i].key);

                if (!d || places_find(p, p->v[i].key, NULL) != p->v + i)
                        continue;
                d = directive_resolve(d);
                if (d->support == SUPPORT_IGNORED || is_default(d, h->unit->spec))
                        continue;
                if (d->part == PART_CGROUP && !str_equal(d->key, "Slice") && !groups)
                        SAY(h, SEVERITY_NOTE, p->v[i].key, NULL,
                            "Needs a control group, and %s is not writable; the unit runs without.", cgroup);
                else
                        say_lack(h, place, d, p->v[i].key);
        }
}

static void check_ambient(const Here *h, const ExecSpec *e) {
        uint64_t lacking = e->capability_ambient & ~h->verify->graph->host.capability_bounding;

        if (lacking)
                SAY(h, SEVERITY_NOTE, "AmbientCapabilities", NULL,
                    "%d of these capabilities are not in the bounding set here; the unit runs without them.",
                    __builtin_popcountll(lacking));
}

void verify_here(Verify *v, const Unit *u, const Places *places) {
        const Here h = { .verify = v, .unit = u, .places = places };
        const UnitSpec *s = u->spec;

        check_conditions(&h, &s->common->conditions, false);
        check_conditions(&h, &s->common->asserts, true);
        if (u->type == UNIT_SERVICE || u->type == UNIT_SOCKET) {
                check_identity(&h, s->exec);
                check_files(&h, s->exec);
                check_ambient(&h, s->exec);
        }
        check_privileges(&h);
}
