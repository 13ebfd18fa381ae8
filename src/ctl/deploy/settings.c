/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/deploy/deploy.h"

#include "unit/directive.h"

#include <errno.h>
#include <pwd.h>
#include <unistd.h>

/* The texts of a key, specifiers expanded as far as the name goes. A directive without a codec is kept as text. */
static int texts(const UnitSpec *s, const char *unit, const char *key, bool expand, char ***ret) {
        const Directive *d = directive_find("X-Deploy", key);
        SpecifierContext context = { .unit = unit };
        int r = 0;

        for (size_t i = 0; i < s->n_settings && r >= 0; i++) {
                char *text;

                if (s->settings[i].row != d)
                        continue;
                if (expand)
                        r = specifier_expand(&context, s->settings[i].value, &text);
                else
                        r = str_printf(&text, "%s", s->settings[i].value);
                if (r >= 0)
                        r = strv_push(ret, text);
        }
        return r;
}

static int text(const UnitSpec *s, const char *unit, const char *key, char **ret) {
        const Directive *d = directive_find("X-Deploy", key);
        char **l auto_strv = NULL;
        int r = texts(s, unit, key, true, &l);

        if (r >= 0 && l)
                return str_printf(ret, "%s", l[0]);
        return r >= 0 && d->initial ? str_printf(ret, "%s", d->initial) : r;
}

static int number(const UnitSpec *s, const char *unit, const char *key, unsigned *ret) {
        char *value auto_free = NULL;
        int r = text(s, unit, key, &value);

        return r < 0 ? r : parse_unsigned(value, ret);
}

/* The words of several lines of Host= are one list. */
static int read_hosts(Deploy *d, const UnitSpec *s) {
        char **lines auto_strv = NULL;
        int r = texts(s, d->unit, "Host", true, &lines);

        STRV_FOREACH (line, lines)
                for (char *p = *line, *word; r >= 0 && (word = strtok_r(p, " \t", &p));)
                        r = strv_add(&d->hosts, word);
        return r;
}

static int read_settings(Deploy *d, const UnitSpec *s) {
        int r = text(s, d->unit, "Repository", &d->repository);

        if (r >= 0)
                r = text(s, d->unit, "Reference", &d->reference);
        if (r >= 0)
                r = text(s, d->unit, "Path", &d->path);
        if (r >= 0)
                r = text(s, d->unit, "User", &d->user);
        if (r >= 0)
                r = text(s, d->unit, "TimeoutSec", &d->timeout);
        if (r >= 0)
                r = texts(s, d->unit, "ExecBuild", false, &d->build);
        if (r >= 0)
                r = texts(s, d->unit, "ExecPreDeploy", false, &d->before);
        if (r >= 0)
                r = texts(s, d->unit, "ExecPostDeploy", false, &d->after);
        if (r >= 0)
                r = number(s, d->unit, "KeepReleases", &d->keep);
        if (r >= 0)
                r = number(s, d->unit, "FetchDepth", &d->depth);
        return r < 0 ? r : read_hosts(d, s);
}

static int find_user(Deploy *d) {
        const struct passwd *pw;
        uint64_t uid;

        if (!d->user)
                return CTL_OK;
        pw = parse_decimal(d->user, &uid) >= 0 ? getpwuid((uid_t)uid) : getpwnam(d->user);
        if (!pw)
                return ctl_print_error("%s: User=%s of [X-Deploy]: there is no such user", d->unit, d->user);
        if (geteuid() == pw->pw_uid)
                return CTL_OK;
        if (geteuid() != 0)
                return ctl_print_error("%s: User=%s of [X-Deploy]: only root and %s itself may deploy it",
                                       d->unit, d->user, pw->pw_name);
        d->switches_user = true;
        d->uid = pw->pw_uid;
        d->gid = pw->pw_gid;
        return str_printf(&d->home, "%s", pw->pw_dir) < 0 || str_replace(&d->user, pw->pw_name) < 0
                       ? CTL_FAILED
                       : CTL_OK;
}

static int check(const Deploy *d) {
        if (!d->path || d->path[0] != '/')
                return ctl_print_error("%s has no [X-Deploy] with Repository= and Path=; see svctl-deploy(1)",
                                       d->unit);
        if (!d->repository)
                return ctl_print_error("%s: [X-Deploy] has no Repository=", d->unit);
        return CTL_OK;
}

int deploy_read(Deploy *d, Ctl *c, const char *unit) {
        LoadedUnit u = { 0 };
        Loader *l = NULL;
        int r, q;

        *d = (Deploy){ .ctl = c, .lock = -1 };
        r = name_mangle(unit, UNIT_SERVICE, &d->unit);
        if (r >= 0 && !str_ends_with(d->unit, ".service"))
                return ctl_print_error("'%s' is no service", unit);
        if (r < 0 || ctl_loader_or_say(c, "deploy", &l) < 0)
                return CTL_FAILED;
        r = loader_load(l, NULL, d->unit, &u);
        if (r >= 0 && u.spec && (q = read_settings(d, u.spec)) < 0)
                r = q;
        if (r < 0)
                ctl_print_error("%s: %s", d->unit, strerror(-r));
        loaded_unit_release(&u);
        loader_free(l);
        if (r < 0)
                return CTL_FAILED;
        if (r == LOADED_NOT_FOUND) {
                ctl_print_error("unit %s was not found", d->unit);
                return CTL_NOT_INSTALLED;
        }
        r = check(d);
        return r != CTL_OK ? r : find_user(d);
}

void deploy_release(Deploy *d) {
        free(d->unit);
        free(d->repository);
        free(d->reference);
        free(d->path);
        free(d->user);
        free(d->timeout);
        free(d->home);
        strv_free(d->hosts);
        strv_free(d->build);
        strv_free(d->before);
        strv_free(d->after);
        fd_release(&d->lock);
}
