/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* analyze condition: assignments as in [Unit] of test.service, judged by the code that the manager uses. */

#include "ctl/analyze/analyze.h"

#include "host/environment.h"
#include "unit/directive.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLANKS " \t\n\r"

/* "ConditionX = VALUE" */
static int assign(UnitSpec *s, const SpecContext *context, const char *text) {
        const char *value = text + strcspn(text, BLANKS "=");
        char *key auto_free = strndup(text, (size_t)(value - text));
        const Directive *d;

        if (!key)
                return -ENOMEM;
        value += strspn(value, BLANKS);
        d = str_starts_with(key, "Condition") || str_starts_with(key, "Assert") ? directive_find("Unit", key)
                                                                                : NULL;
        if (!d || *value != '=') {
                fprintf(stderr, "Cannot parse \"%s\".\n", text);
                return -EINVAL;
        }
        value += 1 + strspn(value + 1, BLANKS);
        return spec_assign(s, context, &(Assignment){ "Unit", key, value, "(cmdline)", 0 });
}

static void print_result(const Condition *condition, const char *prefix, int r) {
        char text[640];

        snprintf(text, sizeof(text), "%s%s=%s%s%s", prefix, condition->type, condition->trigger ? "|" : "",
                 condition->negate ? "!" : "", condition->parameter);
        if (r < 0)
                fprintf(stderr, "test.service: Couldn't determine result for %s, assuming failed: %s\n", text,
                        strerror(-r));
        else
                fprintf(stderr, "test.service: %s %s.\n", text, r > 0 ? "succeeded" : "failed");
}

/* The last is judged first, and the first that must hold and does not is the end, as in systemd. */
static bool judge(const HostInfo *h, const ConditionList *l, const char *prefix) {
        bool any_trigger = false, triggered = false;

        for (size_t i = l->n; i > 0; i--) {
                const Condition *condition = l->v + i - 1;
                int r = condition_test(h, condition);

                print_result(condition, prefix, r);
                if (!condition->trigger && r <= 0)
                        return false;
                any_trigger = any_trigger || condition->trigger;
                triggered = triggered || (condition->trigger && r > 0);
        }
        return !any_trigger || triggered;
}

static bool judge_all(const HostInfo *h, const CommonSpec *common) {
        bool asserted = judge(h, &common->asserts, "Assert"), met;

        if (common->asserts.n > 0)
                fprintf(stderr, "Asserts %s.\n", asserted ? "succeeded" : "failed");
        met = judge(h, &common->conditions, "Condition");
        if (common->conditions.n > 0)
                fprintf(stderr, "Conditions %s.\n", met ? "succeeded" : "failed");
        return asserted && met;
}

static int read_and_judge(const HostInfo *h, UnitSpec *s, char **texts) {
        Report report = { 0 };
        const SpecContext context = { .specifiers = { .host = &h->specifiers, .unit = "test.service" },
                                      .report = &report };
        int r = 0;

        STRV_FOREACH (text, texts)
                if (r >= 0)
                        r = assign(s, &context, *text);
        for (size_t i = 0; i < report.n_findings; i++)
                fprintf(stderr, "(cmdline): %s=: %s\n", report.findings[i].key, report.findings[i].text);
        report_release(&report);
        return r >= 0 && judge_all(h, s->common) ? CTL_OK : CTL_FAILED;
}

int analyze_condition(Ctl *c, int argc, char **argv) {
        UnitSpec *s = NULL;
        HostInfo h;
        int code;

        if (host_info_init(&h, environ) < 0 || spec_new("test.service", &s) < 0) {
                host_info_release(&h);
                return ctl_print_error("%s", strerror(ENOMEM));
        }
        code = read_and_judge(&h, s, argv + 1);
        spec_free(s);
        host_info_release(&h);
        return code;
}
