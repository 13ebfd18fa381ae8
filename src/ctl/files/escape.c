/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* escape: what systemd-escape(1) does, with its options, words and exit codes. */

#include "ctl/core/ctl.h"

#include "conf/name.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char *check_options(const Ctl *c) {
        if (c->template && c->suffix)
                return "--suffix= and --template= may not be combined.";
        if (c->mangle && (c->template || c->suffix))
                return "--suffix= and --template= are not compatible with --mangle.";
        if (c->unescape && c->suffix)
                return "--suffix is not compatible with --unescape.";
        if (c->mangle && c->path)
                return "--path may not be combined with --mangle.";
        if (c->instance && !c->unescape)
                return "--instance must be used in conjunction with --unescape.";
        if (c->instance && c->template)
                return "--instance may not be combined with --template.";
        return NULL;
}

static int failed(const char *what, int r) {
        fprintf(stderr, "%s: %s\n", what, strerror(-r));
        return r;
}

/* Of a length that a file system may have. */
static bool is_possible_path(const char *path) {
        const char *p = path;

        if (!*path || strlen(path) >= PATH_MAX)
                return false;
        for (size_t n; *p; p += n) {
                p += strspn(p, "/");
                n = strcspn(p, "/");
                if (n > NAME_MAX)
                        return false;
        }
        return true;
}

static int escape_path(const char *text, char **ret) {
        int r = name_path_escape(text, ret);

        if (r == -EINVAL)
                fprintf(stderr, "Input '%s' is not %s file system path, failed to escape.\n", text,
                        !is_possible_path(text) ? "a valid"
                        : *text != '/'          ? "an absolute"
                                                : "a normalized");
        else if (r < 0)
                failed("Failed to escape string", r);
        else if (!*text)
                fprintf(stderr,
                        "Input '%s' is not a valid file system path, escaping is likely not going be "
                        "reversible.\n",
                        text);
        else if (*text != '/')
                fprintf(stderr,
                        "Input '%s' is not an absolute file system path, escaping is likely not going to be "
                        "reversible.\n",
                        text);
        return r;
}

static int escape(const Ctl *c, const char *text, char **ret) {
        char *word auto_free = NULL;
        int r = c->path ? escape_path(text, &word) : name_escape(text, &word);

        if (r < 0)
                return r;
        if (c->template) {
                r = name_with_instance(c->template, word, ret);
                return r < 0 ? failed("Failed to replace instance", r == -ENAMETOOLONG ? -EINVAL : r) : 0;
        }
        if (c->suffix)
                return str_printf(ret, "%s.%s", word, c->suffix);
        *ret = TAKE(word);
        return 0;
}

/* The instance of that unit; it has to be of the template that was given. */
static int instance_of(const Ctl *c, const char *unit, char **ret) {
        char *instance auto_free = NULL, *template auto_free = NULL;
        int r = name_is_valid(unit, NAME_ANY) ? name_instance(unit, &instance) : -EINVAL;

        if (r < 0)
                return failed("Failed to extract instance", r);
        if (str_is_empty(instance)) {
                fprintf(stderr, "Unit %s is missing the instance name.\n", unit);
                return -EINVAL;
        }
        r = name_template(unit, &template);
        if (r < 0)
                return failed("Failed to extract template", r);
        if (c->template && !str_equal(c->template, template)) {
                fprintf(stderr, "Unit %s template %s does not match specified template %s.\n", unit, template,
                        c->template);
                return -EINVAL;
        }
        *ret = TAKE(instance);
        return 0;
}

static int unescape(const Ctl *c, const char *text, char **ret) {
        char *instance auto_free = NULL;
        int r;

        if (c->template || c->instance) {
                r = instance_of(c, text, &instance);
                if (r < 0)
                        return r;
                text = instance;
        }
        r = c->path ? name_path_unescape(text, ret) : name_unescape(text, ret);
        return r < 0 ? failed("Failed to unescape string", r) : 0;
}

static int mangle(const char *text, char **ret) {
        int r = name_mangle(text, UNIT_SERVICE, ret);

        if (r == -ENAMETOOLONG && *text != '/')
                r = -EINVAL;
        return r < 0 ? failed("Failed to mangle name", r) : 0;
}

VERB(escape) {
        const char *wrong;

        if (c->template && !name_is_valid(c->template, NAME_TEMPLATE)) {
                fprintf(stderr, "Template name %s is not valid.\n", c->template);
                return CTL_FAILED;
        }
        if (c->suffix && unit_type_from_string(c->suffix) < 0) {
                fprintf(stderr, "Invalid unit suffix type \"%s\".\n", c->suffix);
                return CTL_FAILED;
        }
        wrong = argc < 2 ? "Not enough arguments." : check_options(c);
        if (wrong) {
                fprintf(stderr, "%s\n", wrong);
                return CTL_FAILED;
        }
        for (int i = 1; i < argc; i++) {
                char *word auto_free = NULL;

                if (i > 1)
                        putchar(' ');
                if ((c->mangle     ? mangle(argv[i], &word)
                     : c->unescape ? unescape(c, argv[i], &word)
                                   : escape(c, argv[i], &word)) < 0)
                        return CTL_FAILED;
                fputs(word, stdout);
        }
        putchar('\n');
        return CTL_OK;
}
