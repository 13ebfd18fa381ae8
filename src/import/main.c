/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * svinit-import: what `svctl import` executes. A program of its own, because it
 * needs libyaml, and svctl is started far more often than anything is imported.
 */

#include "import/formats.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
        EXIT_USAGE = 2,
};

const ImportFormat import_formats[] = {
        { "pm2", "an ecosystem file of PM2 (.json, .yml, .js, .cjs, .mjs)", import_pm2 },
        { "supervisord", "a configuration of supervisord, with what it includes", import_supervisord },
        { "procfile", "a Procfile, with the .env beside it", import_procfile },
        { "compose", "a compose file (compose.yaml)", import_compose },
        { 0 },
};

typedef struct Request {
        Import import;
        const char *directory;
        bool check, overwrite;
} Request;

static const struct option options[] = {
        { "output", required_argument, NULL, 'o' }, { "profile", required_argument, NULL, 'p' },
        { "only", required_argument, NULL, 'n' },   { "check", no_argument, NULL, 'c' },
        { "force", no_argument, NULL, 'f' },        { 0 },
};

static int add_names(const char *text, char ***l) {
        int r = 0;

        for (; *text && r >= 0; text += text[0] == ',') {
                size_t n = strcspn(text, ",");
                char *name = n > 0 ? strndup(text, n) : NULL;

                if (n > 0)
                        r = name ? strv_push(l, name) : -ENOMEM;
                text += n;
        }
        return r;
}

static int take_option(Request *q, int letter) {
        switch (letter) {
        case 'o':
                q->directory = optarg;
                return 0;
        case 'p':
                q->import.profile = optarg;
                return 0;
        case 'n':
                return add_names(optarg, &q->import.only);
        case 'c':
                q->check = true;
                return 0;
        case 'f':
                q->overwrite = true;
                return 0;
        default:
                return -EINVAL;
        }
}

static const ImportFormat *find_format(const char *name) {
        for (const ImportFormat *f = import_formats; f->name; f++)
                if (str_equal(f->name, name))
                        return f;
        return NULL;
}

static int usage(void) {
        fprintf(stderr,
                "svctl: import FORMAT FILE [--output=DIR] [--profile=NAME] [--only=NAME,...] [--check] "
                "[--force]; FORMAT is\n");
        for (const ImportFormat *f = import_formats; f->name; f++)
                fprintf(stderr, "  %-12s %s\n", f->name, f->summary);
        return EXIT_USAGE;
}

static int say_why(Import *im, int r) {
        for (size_t i = 0; i < im->report.n_findings; i++) {
                Buf line auto_buf = { 0 };

                finding_format(im->report.findings + i, &line);
                fprintf(stderr, "svctl: %s\n", line.data ?: "");
        }
        if (im->report.n_findings == 0)
                fprintf(stderr, "svctl: %s: %s\n", im->file, strerror(-r));
        return EXIT_FAILURE;
}

static int run(Request *q, const ImportFormat *format) {
        int r = format->run(&q->import);

        if (r >= 0)
                r = q->import.error;
        if (r < 0)
                return say_why(&q->import, r);
        if (import_print(&q->import, q->directory, q->overwrite) < 0)
                return EXIT_FAILURE;
        if (q->import.n_dropped > 0)
                fprintf(stderr, "svctl: %s: %u thing%s could not be carried over; the comments say which\n",
                        q->import.file, q->import.n_dropped, q->import.n_dropped > 1 ? "s" : "");
        return q->check && q->import.n_dropped > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* As the caller knows it: a link that leads to the current release stays in the units. */
static const char *working_directory(char *buffer, size_t size) {
        const char *logical = getenv("PWD");
        struct stat there, here;

        if (logical && logical[0] == '/' && strlen(logical) < size && stat(logical, &there) == 0 &&
            stat(".", &here) == 0 && there.st_dev == here.st_dev && there.st_ino == here.st_ino)
                return logical;
        return getcwd(buffer, size) ? buffer : "/";
}

int main(int argc, char **argv) {
        const ImportFormat *format = NULL;
        char directory[PATH_MAX];
        Request q = { 0 };
        int letter, r = 0;

        while (r >= 0 && (letter = getopt_long(argc, argv, "f", options, NULL)) >= 0)
                r = take_option(&q, letter);
        if (r >= 0 && argc - optind == 2)
                format = find_format(argv[optind]);
        if (!format) {
                import_release(&q.import);
                return usage();
        }
        q.import.file = argv[optind + 1];
        q.import.directory = working_directory(directory, sizeof(directory));
        r = run(&q, format);
        import_release(&q.import);
        return r;
}
