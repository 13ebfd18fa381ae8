/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/files/generate.h"
#include "ctl/core/ctl.h"
#include "unit/codec.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

/* What the places in a text become. */
typedef struct Generate {
        const GenerateKind *kind;
        char *name, *directory, *command, *description, *user; /* owned */
        const char *calendar;
} Generate;

static void generate_release(Generate *g) {
        free(g->name);
        free(g->directory);
        free(g->command);
        free(g->description);
        free(g->user);
}

static int list_kinds(void) {
        puts("Kinds of units; 'svctl generate KIND' prints one, -o DIR writes it:\n");
        for (const GenerateKind *k = generate_kinds; k->name; k++)
                printf("  %-10s %s\n", k->name, k->summary);
        return CTL_OK;
}

bool generate_kind(size_t i, const char **ret_name, const char **ret_summary) {
        if (!generate_kinds[i].name)
                return false;
        *ret_name = generate_kinds[i].name;
        *ret_summary = generate_kinds[i].summary;
        return true;
}

static const GenerateKind *find_kind(const char *name) {
        const GenerateKind *k = generate_kinds;

        while (k->name && !str_equal(k->name, name))
                k++;
        return k->name ? k : NULL;
}

/* A word of ExecStart=: neither specifiers nor variables are meant. */
static int add_word(Buf *b, const char *word) {
        Buf quoted auto_buf = { 0 };
        int r = format_word(word, &quoted);

        if (r < 0)
                return r;
        if (b->len > 0)
                buf_add_char(b, ' ');
        for (const char *p = quoted.data; p && *p; p++) {
                if (*p == '$')
                        buf_add_char(b, '$');
                buf_add_char(b, *p);
        }
        return b->error;
}

static int add_program(Buf *b, const char *name) {
        char *path auto_free = NULL;
        int r = ctl_find_program(name, &path);

        if (r == -ENOENT && str_printf(&path, "/usr/bin/%s", name) >= 0) {
                ctl_print_error("there is no %s here; the unit says %s", name, path);
                r = 0;
        }
        return r < 0 ? r : add_word(b, path);
}

/* The program that the kind is about, and what stands before the file, module or directory. */
static int add_runner(Generate *g, Buf *b, const char *subject) {
        char *path auto_free = NULL;
        int r = add_program(b, g->kind->program);

        if (r < 0)
                return r;
        switch (g->kind->words) {
        case GENERATE_SCRIPT:
                r = ctl_absolute_path(subject, &path);
                return r < 0 ? r : add_word(b, path);
        case GENERATE_MODULE:
                buf_add(b, " --workers 2 --bind fd://3");
                return add_word(b, subject);
        default:
                buf_add(b, " httpd -i -h");
                return add_word(b, subject);
        }
}

static int make_command(Generate *g, char **words) {
        Buf b auto_buf = { 0 };
        int r = 0;

        if (g->kind->program) {
                r = add_runner(g, &b, words[0] ? words[0] : g->kind->fallback);
                words += words[0] != NULL;
        } else if (words[0]) {
                r = add_program(&b, *words++);
        } else {
                buf_add(&b, g->kind->fallback);
        }
        for (; *words && r >= 0; words++)
                r = add_word(&b, *words);
        if (r >= 0)
                r = b.error;
        return r < 0 ? r : str_replace(&g->command, b.data);
}

static int make_directory(Generate *g, char **words) {
        char cwd[PATH_MAX], *path auto_free = NULL;
        int r = 0;

        if (g->kind->words == GENERATE_SCRIPT && words[0]) {
                r = ctl_absolute_path(words[0], &path);
                return r < 0 ? r : str_replace(&g->directory, dirname(path));
        }
        return getcwd(cwd, sizeof(cwd)) ? str_replace(&g->directory, cwd) : -errno;
}

/* "worker.py" is worker; what a name cannot have becomes "-". */
static int make_name(Generate *g, Ctl *c, const char *subject) {
        const char *base = subject ? strrchr(subject, '/') : NULL, *dot;
        char *name;

        if (c->units) {
                base = c->units[0];
                dot = strrchr(base, '.');
                name = strndup(base,
                               dot && name_is_valid(base, NAME_ANY) ? (size_t)(dot - base) : strlen(base));
        } else {
                base = base ? base + 1 : subject ? subject : g->kind->unit;
                dot = strrchr(base, '.');
                name = strndup(base, dot > base ? (size_t)(dot - base) : strlen(base));
        }
        if (!name)
                return -ENOMEM;
        for (char *p = name; *p; p++)
                if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", *p))
                        *p = '-';
        g->name = name;
        return name[0] ? 0 : -EINVAL;
}

static int make_user(Generate *g) {
        const struct passwd *p = geteuid() == 0 ? NULL : getpwuid(geteuid());

        if (p)
                return str_printf(&g->user, "User=%s", p->pw_name);
        return str_replace(&g->user, "#User=app");
}

/* For a line of a unit file: no specifiers, and one line. */
static int as_line(char **text) {
        Buf b auto_buf = { 0 };

        for (char *p = *text; *p; p++)
                *p = *p == '\n' ? ' ' : *p;
        format_literal(*text, &b);
        return b.error < 0 ? b.error : str_replace(text, b.data);
}

static int describe(Generate *g, char **words) {
        int r = words ? strv_join(words, " ", &g->description)
                      : str_printf(&g->description, "%s (%s)", g->name, g->kind->name);

        if (r >= 0)
                r = as_line(&g->description);
        return r < 0 ? r : as_line(&g->directory);
}

static int fill(Generate *g, Ctl *c, char **words) {
        const char *subject =
                g->kind->words == GENERATE_MODULE || g->kind->words == GENERATE_DIRECTORY ? NULL : words[0];
        int r;

        g->calendar = "daily";
        if (g->kind->words == GENERATE_CALENDAR && words[0]) {
                g->calendar = *words++;
                subject = words[0];
        }
        if ((r = make_name(g, c, subject)) < 0 || (r = make_command(g, words)) < 0 ||
            (r = make_directory(g, words)) < 0 || (r = make_user(g)) < 0)
                return r;
        return describe(g, subject ? words : NULL);
}

static const char *value_of(const Generate *g, const char *place, size_t n) {
        const struct {
                const char *place, *value;
        } places[] = { { "NAME", g->name },           { "COMMAND", g->command },
                       { "DIRECTORY", g->directory }, { "DESCRIPTION", g->description },
                       { "CALENDAR", g->calendar },   { "USER", g->user } };

        for (size_t i = 0; i < ELEMENTSOF(places); i++)
                if (strlen(places[i].place) == n && memcmp(places[i].place, place, n) == 0)
                        return places[i].value;
        return NULL;
}

static void expand(const Generate *g, const char *text, Buf *b) {
        for (const char *p = text; *p;) {
                const char *end = *p == '@' ? strchr(p + 1, '@') : NULL,
                           *value = end ? value_of(g, p + 1, (size_t)(end - p - 1)) : NULL;

                if (value) {
                        buf_add(b, value);
                        p = end + 1;
                } else {
                        buf_add_char(b, *p++);
                }
        }
        buf_add_char(b, '\n');
        b->len -= b->len >= 2 && b->data[b->len - 2] == '\n'; /* one newline at the end */
        if (b->data)
                b->data[b->len] = 0;
}

static int write_unit(const char *directory, const char *name, const Buf *b, bool force) {
        char *path auto_free = NULL;
        FILE *f;

        if (str_printf(&path, "%s/%s", directory, name) < 0)
                return ctl_print_error("%s", strerror(ENOMEM));
        f = fopen(path, force ? "we" : "wxe");
        if (!f && errno == EEXIST)
                return ctl_print_error("%s is there already; --force overwrites it", path);
        if (!f)
                return ctl_print_error("%s: %s", path, strerror(errno));
        fwrite(b->data, 1, b->len, f);
        if (fclose(f) != 0)
                return ctl_print_error("%s: %s", path, strerror(errno));
        printf("%s\n", path);
        return CTL_OK;
}

static int put_out(Ctl *c, const Generate *g, const GenerateFile *f, bool several) {
        char *name auto_free = NULL;
        Buf b auto_buf = { 0 };

        expand(g, f->text, &b);
        if (b.error < 0 || str_printf(&name, "%s%s", g->name, f->suffix) < 0)
                return ctl_print_error("%s", strerror(ENOMEM));
        if (c->output)
                return write_unit(c->output, name, &b, c->force);
        if (several)
                printf("%s# %s\n", f == g->kind->files ? "" : "\n", name);
        fputs(b.data, stdout);
        return CTL_OK;
}

VERB(generate) {
        Generate g = { .kind = argc > 1 ? find_kind(argv[1]) : NULL };
        int code = CTL_OK, r;
        Similar s;

        if (argc == 1)
                return list_kinds();
        if (!g.kind) {
                similar_init(&s, argv[1]);
                for (const GenerateKind *k = generate_kinds; k->name; k++)
                        similar_try(&s, k->name);
                ctl_print_error("there is no kind '%s'%s 'svctl generate' lists them", argv[1],
                                *similar_hint(&s) ? s.hint : ";");
                return CTL_USAGE;
        }
        r = fill(&g, c, argv + 2);
        if (r < 0)
                code = ctl_print_error("%s: %s", argv[1], strerror(-r));
        for (size_t i = 0; r >= 0 && code == CTL_OK && i < ELEMENTSOF(g.kind->files) && g.kind->files[i].text;
             i++)
                code = put_out(c, &g, g.kind->files + i, g.kind->files[1].text);
        generate_release(&g);
        return code;
}
