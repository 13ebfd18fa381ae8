/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/codec/errors.h"

#include <errno.h>

typedef struct OutcomeRow {
        const char *name;
        const char *words; /* "Unit X <words>." */
} OutcomeRow;

static const OutcomeRow outcomes[] = {
        [ENQUEUE_OK] = { SD_BUS_ERROR_FAILED, "has nothing to do" },
        [ENQUEUE_NOT_FOUND] = { ERROR_NO_SUCH_UNIT, "not found" },
        [ENQUEUE_MASKED] = { ERROR_UNIT_MASKED, "is masked" },
        [ENQUEUE_LOAD_FAILED] = { ERROR_LOAD_FAILED, "could not be loaded" },
        [ENQUEUE_BAD_SETTING] = { ERROR_BAD_SETTING, "has a bad unit file setting" },
        [ENQUEUE_CYCLIC] = { ERROR_PREFIX "TransactionOrderIsCyclic", "is part of an ordering cycle" },
        [ENQUEUE_CONFLICTING] = { ERROR_PREFIX "TransactionJobsConflicting",
                                  "needs jobs that contradict each other" },
        [ENQUEUE_DESTRUCTIVE] = { ERROR_PREFIX "TransactionIsDestructive",
                                  "would undo a job that is already queued" },
        [ENQUEUE_NOT_APPLICABLE] = { ERROR_PREFIX "JobTypeNotApplicable", "does not know this kind of job" },
        [ENQUEUE_ONLY_BY_DEPENDENCY] = { ERROR_PREFIX "OnlyByDependency",
                                         "may only be started or stopped as a dependency of others" },
        [ENQUEUE_NO_ISOLATION] = { ERROR_PREFIX "NoIsolation", "may not be isolated" },
        [ENQUEUE_SHUTTING_DOWN] = { ERROR_SHUTTING_DOWN, "comes too late, svinit is stopping" },
};
_Static_assert(ELEMENTSOF(outcomes) == ENQUEUE_OUTCOME_MAX, "an outcome has no D-Bus error");

const char *outcome_error_name(EnqueueOutcome o) {
        return o >= 0 && o < ENQUEUE_OUTCOME_MAX ? outcomes[o].name : SD_BUS_ERROR_FAILED;
}

/* What went wrong, as further sentences; a finding that begins with `known` would say the same again. */
static void add_errors(Buf *b, const Report *report, const char *known) {
        for (size_t i = 0; report && i < report->n_findings; i++) {
                if (report->findings[i].severity != SEVERITY_ERROR ||
                    (known && str_starts_with(report->findings[i].text, known)))
                        continue;
                if (b->len > 0)
                        buf_add_char(b, ' ');
                finding_format(&report->findings[i], b);
        }
}

static bool is_about_another(int outcome, const Report *report, const char *known) {
        for (size_t i = 0; outcome <= ENQUEUE_BAD_SETTING && report && i < report->n_findings; i++)
                if (report->findings[i].severity == SEVERITY_ERROR)
                        return !str_starts_with(report->findings[i].text, known);
        return false;
}

int error_from_outcome(sd_bus_error *error, int outcome, const char *unit, const Report *explanation) {
        char *known auto_free = NULL;
        Buf b auto_buf = { 0 };

        if (outcome < 0)
                return error_from_report(error, outcome, unit, explanation);
        ENSURE(outcome > ENQUEUE_OK && outcome < ENQUEUE_OUTCOME_MAX, -EIO);

        if (str_printf(&known, "Unit %s ", unit) < 0)
                return -ENOMEM;
        /* What a unit lacks that this one requires is said by the explanation alone. */
        if (!is_about_another(outcome, explanation, known))
                buf_addf(&b, "%s%s.", known, outcomes[outcome].words);
        add_errors(&b, explanation, known);

        return sd_bus_error_set(error, outcomes[outcome].name, b.error < 0 ? NULL : b.data);
}

int error_from_report(sd_bus_error *error, int r, const char *what, const Report *report) {
        Buf b auto_buf = { 0 };

        add_errors(&b, report, NULL);
        if (b.error < 0 || b.len == 0)
                return sd_bus_error_set_errnof(error, r, "%s: %s", what, strerror(-r));
        return sd_bus_error_set_errnof(error, r, "%s", b.data);
}

static const struct {
        int error;
        const char *name;
} install_errors[] = {
        { -EEXIST, ERROR_PREFIX "UnitExists" },
        { -ERFKILL, ERROR_UNIT_MASKED },
        { -EADDRNOTAVAIL, ERROR_PREFIX "UnitGenerated" },
        { -EBADSLT, ERROR_BAD_SETTING },
        { -EIDRM, ERROR_BAD_SETTING },
        { -EUCLEAN, ERROR_BAD_SETTING },
        { -ELOOP, ERROR_PREFIX "UnitLinked" },
        { -EXDEV, ERROR_BAD_SETTING },
        { -ENOENT, ERROR_NO_SUCH_UNIT },
        { -EUNATCH, ERROR_BAD_SETTING },
        { -ETXTBSY, ERROR_PREFIX "UnitExists" },
};

int error_from_changes(sd_bus_error *error, int r, const char *what, const InstallChanges *changes) {
        char *words auto_free = NULL;
        int failure = install_changes_error(changes, &words);

        if (failure == 0)
                return sd_bus_error_set_errnof(error, r, "%s: %s", what, strerror(-r));
        if (failure == -ENOMEM)
                return failure;
        for (size_t i = 0; i < ELEMENTSOF(install_errors); i++)
                if (failure == install_errors[i].error)
                        return sd_bus_error_set(error, install_errors[i].name, words);
        return sd_bus_error_set_errnof(error, failure, "%s", words);
}

const char *load_error(const Unit *u, Buf *b) {
        const char *name;

        switch (u->load_state) {
        case LOAD_NOT_FOUND:
                name = ERROR_NO_SUCH_UNIT;
                buf_addf(b, "Unit %s not found.", u->id);
                break;
        case LOAD_MASKED:
                name = ERROR_UNIT_MASKED;
                buf_addf(b, "Unit %s is masked.", u->id);
                break;
        case LOAD_BAD_SETTING:
                name = ERROR_BAD_SETTING;
                buf_add(b, u->load_error_text ? u->load_error_text : "The unit has a bad unit file setting.");
                break;
        case LOAD_ERROR:
                name = ERROR_LOAD_FAILED;
                if (u->load_error_text)
                        buf_add(b, u->load_error_text);
                else
                        buf_addf(b, "Unit %s could not be loaded: %s.", u->id, strerror(-u->load_error));
                break;
        default:
                return "";
        }
        return name;
}
