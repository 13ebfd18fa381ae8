/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/analyze/analyze.h"
#include "ctl/complete/complete.h"
#include "ctl/remote/container.h"
#include "graph/job.h"
#include "unit/directive.h"
#include "unit/enums.h"

#include <dirent.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void completion_offer(Completion *p, const char *word, const char *description) {
        if (p->similar && word) {
                p->found = p->found || str_equal(word, p->similar->word);
                similar_try(p->similar, word);
                return;
        }
        if (!word || !str_starts_with(word, p->current))
                return;
        printf("%s%s%s%s\n", p->prefix, word, str_is_empty(description) ? "" : "\t", description ?: "");
}

void completion_offer_choices(Completion *p, const char *choices) {
        char *words auto_free = strdup(choices), *save = NULL;

        for (char *w = words ? strtok_r(words, " ", &save) : NULL; w; w = strtok_r(NULL, " ", &save))
                completion_offer(p, w, NULL);
}

/* What begins like that; a directory with a slash, so that one goes on in it. */
static void offer_files(Completion *p) {
        char *pattern auto_free = NULL;
        glob_t found;

        if (str_printf(&pattern, "%s*", p->current) < 0 || glob(pattern, GLOB_MARK, NULL, &found) != 0)
                return;
        for (size_t i = 0; i < found.gl_pathc; i++)
                completion_offer(p, found.gl_pathv[i], NULL);
        globfree(&found);
}

/* Once, though /bin may be /usr/bin. */
static void offer_programs_in(Completion *p, const char *directory, char ***seen) {
        DIR *d = opendir(directory);
        struct dirent *e;

        while (d && (e = readdir(d)))
                if (e->d_name[0] != '.' && str_starts_with(e->d_name, p->current) &&
                    !strv_contains(*seen, e->d_name) && faccessat(dirfd(d), e->d_name, X_OK, 0) >= 0 &&
                    strv_add(seen, e->d_name) >= 0)
                        completion_offer(p, e->d_name, NULL);
        if (d)
                closedir(d);
}

static void offer_commands(Completion *p) {
        const char *path = getenv("PATH");
        char *directories auto_free = strdup(path ? path : "/usr/bin:/bin"), *save = NULL;
        char **seen auto_strv = NULL;

        if (strchr(p->current, '/')) {
                offer_files(p);
                return;
        }
        for (char *d = directories ? strtok_r(directories, ":", &save) : NULL; d;
             d = strtok_r(NULL, ":", &save))
                offer_programs_in(p, d, &seen);
}

static void offer_own_variables(Completion *p) {
        for (char **e = environ; *e; e++) {
                char *name auto_free = strndup(*e, strcspn(*e, "="));

                completion_offer(p, name, NULL);
        }
}

/* What set-property takes: the settings of control groups. */
static void offer_settings(Completion *p) {
        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key; d++) {
                        char *text auto_free = NULL;

                        if (str_equal(d->section, "*cgroup") && str_printf(&text, "%s=", d->key) >= 0)
                                completion_offer(p, text, d->summary);
                }
        completion_offer(p, "Description=", NULL);
}

static void offer_containers(Completion *p) {
        Containers l = { 0 };

        (void)containers_find(&l);
        for (size_t i = 0; i < l.n; i++) {
                char number[16];

                snprintf(number, sizeof(number), "%d", (int)l.v[i].pid);
                completion_offer(p, l.v[i].name, l.v[i].id);
                completion_offer(p, number, l.v[i].name);
        }
        containers_release(&l);
}

static void offer_signals(Completion *p) {
        for (int i = 1; i <= SIGRTMAX; i++)
                completion_offer(p, signal_to_string(i), NULL);
}

static void offer_kinds(Completion *p, unsigned nth) {
        const char *name, *summary;

        for (size_t i = 0; nth == 0 && generate_kind(i, &name, &summary); i++)
                completion_offer(p, name, summary);
        if (nth > 0)
                completion_offer_kind(p, WORDS_FILES, nth);
}

static void offer_checks(Completion *p, unsigned nth) {
        const char *name, *summary;

        if (nth > 0)
                completion_offer_units(p, WORDS_KNOWN);
        for (size_t i = 0; nth == 0 && analyze_check(i, &name, &summary); i++)
                completion_offer(p, name, summary);
}

#define OFFER_NAMES(p, type, function, n)                                                                    \
        for (int i_ = 0; i_ < (int)(n); i_++)                                                                \
        completion_offer(p, function((type)i_), NULL)

static void offer_states(Completion *p) {
        OFFER_NAMES(p, LoadState, load_state_to_string, LOAD_STATE_MAX);
        OFFER_NAMES(p, ActiveState, active_state_to_string, ACTIVE_STATE_MAX);
        OFFER_NAMES(p, UnitFileState, unit_file_state_to_string, UNIT_FILE_STATE_MAX);
}

/* First one thing, then others. */
static WordKind of_position(WordKind kind, unsigned nth) {
        static const WordKind pairs[][3] = {
                { WORDS_SETTINGS, WORDS_KNOWN, WORDS_SETTINGS },
                { WORDS_UNIT_THEN_FILES, WORDS_UP, WORDS_FILES },
                { WORDS_UNIT_THEN_PROFILES, WORDS_SERVICES, WORDS_UNIT_THEN_PROFILES },
                { WORDS_TARGET_THEN_FILES, WORDS_TARGETS, WORDS_UNIT_FILES },
                { WORDS_SERVICE_THEN_LEVEL, WORDS_SERVICES, WORDS_LEVELS },
                { WORDS_SERVICE_THEN_LOG_TARGET, WORDS_SERVICES, WORDS_LOG_TARGETS },
                { WORDS_COMMANDS, WORDS_COMMANDS, WORDS_FILES },
                { WORDS_SERVICES_THEN_DEPLOY, WORDS_SERVICES, WORDS_SERVICES_THEN_DEPLOY },
                { WORDS_FORMAT_THEN_FILES, WORDS_FORMAT_THEN_FILES, WORDS_FILES },
        };

        for (size_t i = 0; i < ELEMENTSOF(pairs); i++)
                if (pairs[i][0] == kind)
                        return pairs[i][nth > 0 ? 2 : 1];
        return kind;
}

static const char *const choices[WORD_KIND_MAX] = {
        [WORDS_FORMAT_THEN_FILES] = "pm2 supervisord procfile compose",
        [WORDS_LEVELS] = "emerg alert crit err warning notice info debug",
        [WORDS_LOG_TARGETS] = "console kmsg journal journal-or-kmsg auto null",
        [WORDS_BOOLEANS] = "yes no",
};

static void (*const offers[WORD_KIND_MAX])(Completion *p) = {
        [WORDS_FILES] = offer_files,
        [WORDS_COMMANDS] = offer_commands,
        [WORDS_JOBS] = completion_offer_jobs,
        [WORDS_VARIABLES] = completion_offer_variables,
        [WORDS_OWN_VARIABLES] = offer_own_variables,
        [WORDS_UNIT_THEN_PROFILES] = completion_offer_profiles,
        [WORDS_SETTINGS] = offer_settings,
        [WORDS_CONTAINERS] = offer_containers,
        [WORDS_SIGNALS] = offer_signals,
        [WORDS_STATES] = offer_states,
        [WORDS_PROPERTIES] = completion_offer_properties,
};

void completion_offer_kind(Completion *p, WordKind kind, unsigned nth) {
        kind = of_position(kind, nth);
        if (choices[kind]) {
                completion_offer_choices(p, choices[kind]);
                return;
        }
        if (offers[kind]) {
                offers[kind](p);
                return;
        }
        switch (kind) {
        case WORDS_NONE:
        case WORDS_CHOICE:
                break;
        case WORDS_FILES_AND_UNITS:
                offer_files(p);
                completion_offer_units(p, WORDS_UNIT_FILES);
                break;
        case WORDS_CHECKS:
                offer_checks(p, nth);
                break;
        case WORDS_KINDS:
                offer_kinds(p, nth);
                break;
        case WORDS_SERVICES_THEN_DEPLOY:
                if (nth == 1)
                        completion_offer_choices(p, "setup update rollback list current previous exec");
                break;
        case WORDS_JOB_MODES:
                OFFER_NAMES(p, JobMode, job_mode_to_string, JOB_MODE_MAX);
                break;
        case WORDS_JOB_TYPES:
                OFFER_NAMES(p, JobType, job_type_to_string, JOB_TYPE_MAX);
                break;
        case WORDS_PRESET_MODES:
                OFFER_NAMES(p, PresetMode, preset_mode_to_string, PRESET_MODE_MAX);
                break;
        case WORDS_TYPES:
                OFFER_NAMES(p, UnitType, unit_type_to_string, UNIT_TYPE_MAX);
                break;
        default:
                completion_offer_units(p, kind);
                break;
        }
}
