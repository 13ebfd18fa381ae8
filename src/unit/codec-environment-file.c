/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * EnvironmentFile=: the paths of files (or globs), in the order in which they
 * are read. "-" before a path: it need not exist.
 */

#include <errno.h>

#include "unit/codec-util.h"

static void environment_files_release(void *field) {
        ExecSpec *exec = CONTAINER_OF((EnvironmentFile **)field, ExecSpec, environment_files);

        for (size_t i = 0; i < exec->n_environment_files; i++)
                free(exec->environment_files[i].path);
        free(exec->environment_files);
        exec->environment_files = NULL;
        exec->n_environment_files = 0;
}

static int environment_files_parse(const CodecContext *c, const char *value, void *field) {
        ExecSpec *exec = CONTAINER_OF((EnvironmentFile **)field, ExecSpec, environment_files);
        char *text auto_free = NULL, *path auto_free = NULL;
        EnvironmentFile *v;
        bool optional;
        int r;

        if (value[0] == 0) {
                environment_files_release(field);
                return 0;
        }

        r = codec_expand(c, value, &text);
        if (r != 0)
                return r;

        optional = text[0] == '-';
        if (!path_is_absolute(text + optional) || !path_is_safe(text + optional))
                return -EINVAL;
        path = strdup(text + optional);
        v = realloc(exec->environment_files, (exec->n_environment_files + 1) * sizeof(*v));
        if (v)
                exec->environment_files = v;
        if (!path || !v)
                return -ENOMEM;

        path_simplify(path);
        if (!path_is_normalized(path))
                return codec_refuse(c, "'%.120s' has '..' in it", path);
        v[exec->n_environment_files++] = (EnvironmentFile){ .path = TAKE(path), .optional = optional };
        return 0;
}

static int environment_files_format(const Directive *row, const void *field, Buf *b) {
        const ExecSpec *exec = CONTAINER_OF((EnvironmentFile *const *)field, ExecSpec, environment_files);

        for (size_t i = 0; i < exec->n_environment_files; i++) {
                buf_addf(b, "%s%s", i > 0 ? "\n" : "", exec->environment_files[i].optional ? "-" : "");
                format_literal(exec->environment_files[i].path, b);
        }
        return format_end(b);
}

const Codec codec_environment_files = {
        CODEC_OF(environment_files),
        .expects = "an absolute path such as /etc/default/app, perhaps with - before it",
        .lines = true,
        .parse = environment_files_parse,
        .format = environment_files_format,
        .release = environment_files_release,
        .good = SAMPLES("", "/etc/default/a", "-/etc/default/a", "-/etc//a/*.conf", "/with blank"),
        .bad = SAMPLES("a", "-a", "--/a"),
};
