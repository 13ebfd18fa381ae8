/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * edit: a drop-in, or with --full the file itself, in the administrator's
 * directory. The editor works on temporary files beside the real ones, which
 * take their place in one step when all went well.
 */

#include "conf/words.h"
#include "ctl/core/ctl.h"
#include "ctl/core/text-file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK_BELOW "### What stands above this line becomes the drop-in; all below is only shown."

typedef struct Edit {
        char *path;      /* owned; the file that is made or changed */
        char *temporary; /* owned; NULL: not there (yet) */
        bool marked;     /* the temporary file ends in text that is only shown */
} Edit;

typedef struct Edits {
        Edit *v;
        size_t n, capacity;
} Edits;

static void edits_release(Edits *e) {
        for (size_t i = 0; i < e->n; i++) {
                if (e->v[i].temporary)
                        (void)unlink(e->v[i].temporary);
                free(e->v[i].temporary);
                free(e->v[i].path);
        }
        free(e->v);
        *e = (Edits){ 0 };
}

static void add_as_comment(Buf *b, const char *path) {
        Buf text auto_buf = { 0 };
        char *rest;

        if (text_file_read(path, &text) < 0 || !text.data)
                return;
        buf_addf(b, "\n### %s\n", path);
        for (char *line = strtok_r(text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
                buf_addf(b, "# %s\n", line);
}

/* A drop-in with the unit's files below it, to look at. */
static void add_template(Buf *b, const Edit *e, const LoadedUnit *u) {
        Buf old auto_buf = { 0 };

        (void)text_file_read(e->path, &old);
        buf_addf(b, "### Editing %s\n\n%s\n\n%s\n", e->path, old.data ? old.data : "", MARK_BELOW);
        if (u->fragment_path)
                add_as_comment(b, u->fragment_path);
        STRV_FOREACH (d, u->dropins)
                if (!str_equal(*d, e->path))
                        add_as_comment(b, *d);
}

static int target_path(Ctl *c, const char *name, char **ret) {
        const char *dropin = c->drop_in ? c->drop_in : "override.conf";

        if (c->full)
                return str_printf(ret, "%s%s/%s", c->root ? c->root : "", ctl_unit_directory(c), name);
        return str_printf(ret, "%s%s/%s.d/%s%s", c->root ? c->root : "", ctl_unit_directory(c), name, dropin,
                          str_ends_with(dropin, ".conf") ? "" : ".conf");
}

/* Does the unit allow what is wanted? Says why not. */
static int check_unit(Ctl *c, const char *name, int outcome, const LoadedUnit *u) {
        if (outcome == LOADED_MASKED) {
                fprintf(stderr, "Cannot edit %s: unit is masked.\n", name);
                return -ERFKILL;
        }
        if (outcome == LOADED_NOT_FOUND && !u->fragment_path && !c->force) {
                fprintf(stderr,
                        "No files found for %s.\nRun 'systemctl edit%s --force --full %s' to create a new "
                        "unit.\n",
                        name,
                        c->scope == SCOPE_GLOBAL ? " --global"
                        : c->scope == SCOPE_USER ? " --user"
                                                 : "",
                        name);
                return -ENOENT;
        }
        return 0;
}

static int prepare_text(Ctl *c, const Edit *e, const LoadedUnit *u, Buf *b) {
        if (c->take_stdin)
                return text_stream_read(stdin, b);
        if (!c->full) {
                add_template(b, e, u);
                return b->error;
        }
        return u->fragment_path ? text_file_read(u->fragment_path, b) : 0;
}

static int add_edit(Ctl *c, Loader *l, const char *name, Edits *edits) {
        Edit *e;
        LoadedUnit u = { 0 };
        Buf b auto_buf = { 0 };
        int r;

        if (array_reserve(&edits->v, &edits->capacity, edits->n + 1, sizeof(*edits->v)) < 0)
                return -ENOMEM;
        e = edits->v + edits->n++;
        *e = (Edit){ .marked = !c->full && !c->take_stdin };
        r = ctl_unit_files(l, name, &u);
        if (r >= 0)
                r = check_unit(c, name, r, &u);
        if (r >= 0)
                r = target_path(c, name, &e->path);
        if (r >= 0)
                r = path_make_parents(e->path);
        if (r >= 0)
                r = prepare_text(c, e, &u, &b);
        if (r >= 0)
                r = str_printf(&e->temporary, "%.*s.#%s.%ld", (int)(strrchr(e->path, '/') + 1 - e->path),
                               e->path, strrchr(e->path, '/') + 1, (long)getpid());
        if (r >= 0)
                r = text_file_write(e->temporary, b.data ? b.data : "", b.len);
        if (r < 0 && r != -ENOENT && r != -ERFKILL)
                fprintf(stderr, "Failed to create temporary file for \"%s\": %s\n", e->path ? e->path : name,
                        strerror(-r));
        loaded_unit_release(&u);
        return r;
}

static int run_command(char **command) {
        pid_t pid;
        int status;

        fflush(stdout);
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                execvp(command[0], command);
                _exit(errno == ENOENT ? 127 : 126);
        }
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
                return -ENOENT;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPROTO;
}

static int run_with_files(const char *editor, const Edits *edits) {
        char **command auto_strv = NULL;
        int r;

        r = words_split(editor, WORDS_QUOTES | WORDS_RELAX, &command);
        if (r >= 0 && !command)
                return -ENOENT;
        for (size_t i = 0; i < edits->n && r >= 0; i++)
                r = strv_add(&command, edits->v[i].temporary);
        return r < 0 ? r : run_command(command);
}

static int run_editor(const Edits *edits) {
        static const char *const variables[] = { "SYSTEMD_EDITOR", "EDITOR", "VISUAL" }, *const programs[] = {
                "editor", "nano", "vim", "vi"
        };
        int r;

        for (size_t i = 0; i < ELEMENTSOF(variables); i++) {
                const char *editor = getenv(variables[i]);

                if (str_is_empty(editor))
                        continue;
                r = run_with_files(editor, edits);
                if (r < 0)
                        fprintf(stderr, "Failed to execute %s: %s\n", editor,
                                r == -EPROTO ? "it failed; nothing is changed" : strerror(-r));
                return r;
        }
        for (size_t i = 0; i < ELEMENTSOF(programs); i++) {
                r = run_with_files(programs[i], edits);
                if (r != -ENOENT)
                        return r;
        }
        fputs("Cannot edit units, no editor available. Please set either $SYSTEMD_EDITOR, $EDITOR or "
              "$VISUAL.\n",
              stderr);
        return -ENOENT;
}

/* What the editor left, without the lines that were only shown. */
static char *trim(Buf *b, bool marked) {
        char *text = b->data ? b->data : (char *)"", *below = marked ? strstr(text, MARK_BELOW) : NULL;

        if (below)
                *below = 0;
        if (marked && str_starts_with(text, "### Editing ")) {
                char *end = strchr(text, '\n');

                text = end ? end + 1 : text + strlen(text);
        }
        return b->data ? str_strip(text) : text;
}

static int install_one(Edit *e) {
        Buf b auto_buf = { 0 };
        char *text, *with_newline auto_free = NULL;
        int r;

        r = text_file_read(e->temporary, &b);
        if (r < 0) {
                fprintf(stderr, "Failed to read temporary file \"%s\": %s\n", e->temporary, strerror(-r));
                return r;
        }
        text = trim(&b, e->marked);
        if (text[0] == 0) {
                fprintf(stderr, "Editing \"%s\" canceled: temporary file is empty.\n", e->path);
                return 0;
        }
        r = str_printf(&with_newline, "%s\n", text);
        if (r >= 0)
                r = text_file_write(e->temporary, with_newline, strlen(with_newline));
        if (r >= 0 && rename(e->temporary, e->path) < 0)
                r = -errno;
        if (r < 0)
                fprintf(stderr, "Failed to rename \"%s\" to \"%s\": %s\n", e->temporary, e->path,
                        strerror(-r));
        return r;
}

VERB(edit) {
        char **names auto_strv = NULL;
        Edits edits = { 0 };
        Loader *l = NULL;
        int r;

        if (!c->take_stdin && !isatty(STDIN_FILENO)) {
                fputs("Cannot edit units if not on a tty.\n", stderr);
                return CTL_FAILED;
        }
        if (c->drop_in && strchr(c->drop_in, '/')) {
                fprintf(stderr, "Invalid drop-in file name '%s'.\n", c->drop_in);
                return CTL_FAILED;
        }
        if (ctl_file_names(c, argv[0], argv + 1, &names) < 0 || ctl_loader_or_say(c, "edit", &l) < 0)
                return CTL_FAILED;
        r = 0;
        for (char **n = names; n && *n && r >= 0; n++)
                r = add_edit(c, l, *n, &edits);
        if (r >= 0 && !c->take_stdin)
                r = run_editor(&edits);
        for (size_t i = 0; i < edits.n && r >= 0; i++)
                r = install_one(edits.v + i);
        edits_release(&edits);
        loader_free(l);
        if (r >= 0 && !c->no_reload && ctl_manager_runs(c))
                return ctl_reload(c);
        return r < 0 ? CTL_FAILED : CTL_OK;
}
