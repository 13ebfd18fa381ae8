/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Command lines: systemd.service(5), "COMMAND LINES".
 *
 * What is decided here: prefixes, words, specifiers, several commands in one
 * line. What is left to the child: variables and the look-up of a name without
 * a slash.
 */

#include <errno.h>

#include "unit/codec-util.h"

#define BLANKS " \t\n\r"

static const char *const command_kind_names[] = {
        [COMMAND_CONDITION] = "ExecCondition", [COMMAND_START_PRE] = "ExecStartPre",
        [COMMAND_START] = "ExecStart",         [COMMAND_START_POST] = "ExecStartPost",
        [COMMAND_RELOAD] = "ExecReload",       [COMMAND_STOP] = "ExecStop",
        [COMMAND_STOP_POST] = "ExecStopPost",
};
_Static_assert(ELEMENTSOF(command_kind_names) == COMMAND_KIND_MAX, "a name for each kind");

const char *command_kind_to_string(CommandKind k) {
        return (int)k >= 0 && k < COMMAND_KIND_MAX ? command_kind_names[k] : NULL;
}

void command_release(Command *command) {
        free(command->path);
        strv_free(command->argv);
}

static void commands_release(void *field) {
        CommandList *l = field;

        for (size_t i = 0; i < l->n; i++)
                command_release(&l->v[i]);
        free(l->v);
        *l = (CommandList){ 0 };
}

/* The prefixes before the path, in any order. Returns what follows them. */
static const char *prefixes_parse(const char *p, unsigned *flags, bool *argv0) {
        for (;; p++) {
                const unsigned privileges =
                        COMMAND_FULLY_PRIVILEGED | COMMAND_NO_SETUID | COMMAND_AMBIENT_MAGIC;

                if (*p == '-' && !(*flags & COMMAND_IGNORE_FAILURE))
                        *flags |= COMMAND_IGNORE_FAILURE;
                else if (*p == '@' && !*argv0)
                        *argv0 = true;
                else if (*p == ':' && !(*flags & COMMAND_NO_ENV_EXPAND))
                        *flags |= COMMAND_NO_ENV_EXPAND;
                else if (*p == '|' && !(*flags & COMMAND_SHELL))
                        *flags |= COMMAND_SHELL;
                else if (*p == '+' && !(*flags & privileges))
                        *flags |= COMMAND_FULLY_PRIVILEGED;
                else if (*p == '!' && !(*flags & privileges))
                        *flags |= COMMAND_NO_SETUID;
                else if (*p == '!' && (*flags & privileges) == COMMAND_NO_SETUID)
                        *flags ^= COMMAND_NO_SETUID | COMMAND_AMBIENT_MAGIC;
                else
                        return p;
        }
}

static int next_word(const CodecContext *c, const char **p, char **ret) {
        const char *start = *p;
        int r;

        r = words_next(p, WORDS_QUOTES | WORDS_UNESCAPE, ret);
        if (r != -EINVAL)
                return r;

        *p = start;
        r = words_next(p, WORDS_QUOTES | WORDS_UNESCAPE_RELAX, ret);
        if (r > 0)
                codec_note(c, SEVERITY_WARNING,
                           "'%.120s' has an unknown escape sequence, which is kept as it stands.", *ret);
        return r;
}

static bool is_end_of_command(const char *p) {
        return *p == ';' && (p[1] == 0 || strchr(BLANKS, p[1]));
}

/* Reads arguments up to the end or a lone ";". 1: another command follows. */
static int arguments_parse(const CodecContext *c, const char **p, char ***argv) {
        int r;

        for (;;) {
                char *word auto_free = NULL, *argument = NULL;

                *p += strspn(*p, BLANKS);
                if (is_end_of_command(*p)) {
                        (*p)++;
                        return 1;
                }
                if ((*p)[0] == '\\' && is_end_of_command(*p + 1)) { /* "\;" is a semicolon for the program */
                        *p += 2;
                        r = strv_add(argv, ";");
                        if (r < 0)
                                return r;
                        continue;
                }

                r = next_word(c, p, &word);
                if (r == 0)
                        return 0;
                if (r == -EINVAL)
                        codec_refuse(c, "The command line has an open quote");
                if (r < 0)
                        return r;

                r = codec_expand(c, word, &argument);
                if (r == 0)
                        r = strv_push(argv, argument);
                if (r != 0)
                        return r < 0 ? r : -EINVAL;
        }
}

static bool executable_is_valid(const CodecContext *c, const char *path) {
        size_t n = strlen(path);

        if (n == 0)
                codec_refuse(c, "There is no executable in the command line");
        else if (!path_is_safe(path) || strpbrk(path, "\\\"'"))
                codec_refuse(c, "'%.120s' has characters that no executable should have", path);
        else if (path[n - 1] == '/')
                codec_refuse(c, "'%.120s' is a directory, not an executable", path);
        else if (path[0] != '/' && (strchr(path, '/') || strchr("-@:+!|", path[0]) || n > 255 ||
                                    str_equal(path, ".") || str_equal(path, "..")))
                codec_refuse(c, "'%.120s' is neither an absolute path nor a name without slashes", path);
        else
                return true;
        return false;
}

/* "|": the rest of the line is for the shell, quotes and semicolons too. */
static int shell_parse(const CodecContext *c, const char *script, Command *command) {
        char *text = NULL;
        int r;

        r = codec_expand(c, script, &text);
        if (r != 0)
                return r < 0 ? r : -EINVAL;
        if (text[0] == 0) {
                free(text);
                codec_refuse(c, "There is no command for the shell");
                return -EINVAL;
        }

        command->flags |= COMMAND_NO_ENV_EXPAND; /* the shell does */
        r = str_replace(&command->path, "/bin/sh");
        if (r >= 0)
                r = strv_add(&command->argv, "sh");
        if (r >= 0)
                r = strv_add(&command->argv, "-c");
        if (r < 0) {
                free(text);
                return r;
        }
        return strv_push(&command->argv, text);
}

/* One command. 1: another follows; 0: the last one; -EINVAL: said; -ENOMEM. */
int command_parse(const CodecContext *c, const char **p, Command *command) {
        char *first auto_free = NULL;
        const char *line = *p + strspn(*p, BLANKS), *name, *script;
        bool argv0 = false;
        int r;

        script = prefixes_parse(line, &command->flags, &argv0);
        if (command->flags & COMMAND_SHELL) {
                *p += strlen(*p);
                return shell_parse(c, script + strspn(script, BLANKS), command);
        }

        command->flags = 0;
        argv0 = false;
        r = next_word(c, p, &first);
        if (r == -EINVAL)
                codec_refuse(c, "The command line has an open quote");
        if (r < 0)
                return r;

        name = prefixes_parse(first ? first : "", &command->flags, &argv0);
        r = codec_expand(c, name, &command->path);
        if (r != 0)
                return r < 0 ? r : -EINVAL;
        if (!executable_is_valid(c, command->path))
                return -EINVAL;

        if (!argv0) {
                r = strv_add(&command->argv, command->path);
                if (r < 0)
                        return r;
        }
        path_simplify(command->path);

        r = arguments_parse(c, p, &command->argv);
        if (r < 0)
                return r;
        if (!command->argv || command->argv[0][0] == 0) {
                codec_refuse(c, "With @ the first argument is the name of the process, and it is missing");
                return -EINVAL;
        }
        return r;
}

static int command_append(CommandList *l, const Command *command) {
        Command *v = realloc(l->v, (l->n + 1) * sizeof(*v));

        if (!v)
                return -ENOMEM;
        l->v = v;
        v[l->n++] = *command;
        return 0;
}

/* With "-" before it not even a line that makes no sense stops the unit. */
static bool failure_is_ignored(const char *value) {
        unsigned flags = 0;
        bool argv0 = false;

        prefixes_parse(value + strspn(value, BLANKS), &flags, &argv0);
        return flags & COMMAND_IGNORE_FAILURE;
}

static int commands_parse(const CodecContext *c, const char *value, void *field) {
        const char *p = value;
        int r;

        if (value[0] == 0) {
                commands_release(field);
                return 0;
        }

        for (;;) {
                CodecContext own = *c;
                Command command = { 0 };
                bool more;

                p += strspn(p, BLANKS);
                if (*p == 0)
                        return 0;
                if (is_end_of_command(p)) { /* nothing between two of them is no command */
                        p++;
                        continue;
                }

                own.forgiven = failure_is_ignored(p);
                r = command_parse(&own, &p, &command);
                more = r == 1;
                if (r >= 0)
                        r = command_append(field, &command);
                if (r < 0)
                        command_release(&command);
                if (r == -EINVAL)
                        return own.forgiven ? 0 : CODEC_SAID;
                if (r < 0 || !more)
                        return r;
        }
}

static void format_prefixes(const Command *command, Buf *b) {
        unsigned f = command->flags;

        buf_addf(b, "%s%s%s%s%s", f & COMMAND_IGNORE_FAILURE ? "-" : "",
                 f & COMMAND_FULLY_PRIVILEGED ? "+" : "", f & COMMAND_NO_SETUID ? "!" : "",
                 f & COMMAND_AMBIENT_MAGIC ? "!!" : "",
                 f & COMMAND_SHELL ? "|" : (f & COMMAND_NO_ENV_EXPAND ? ":" : ""));
}

/* Without @, argv[0] is the path as it was written: with double slashes, say. 1, 0, -ENOMEM. */
static int says_path(const char *argv0, const char *path) {
        size_t n = strlen(argv0);
        char *simple auto_free = NULL;

        if (str_equal(argv0, path))
                return 1;
        if (argv0[0] != '/' || argv0[n - 1] == '/')
                return 0;
        simple = strdup(argv0);
        if (!simple)
                return -ENOMEM;
        path_simplify(simple);
        return str_equal(simple, path);
}

int command_format(const Command *command, Buf *b) {
        bool argv0;
        int r;

        format_prefixes(command, b);
        if (command->flags & COMMAND_SHELL) {
                format_literal(command->argv[2], b);
                return format_end(b);
        }

        r = says_path(command->argv[0], command->path);
        if (r < 0)
                return r;
        argv0 = r == 0;
        if (argv0)
                buf_add_char(b, '@');
        r = format_word(argv0 ? command->path : command->argv[0], b);
        for (char *const *a = command->argv + !argv0; r >= 0 && *a; a++) {
                buf_add_char(b, ' ');
                if (str_equal(*a, ";"))
                        buf_add(b, "\\;");
                else
                        r = format_word(*a, b);
        }
        return r < 0 ? r : format_end(b);
}

static int commands_format(const Directive *row, const void *field, Buf *b) {
        const CommandList *l = field;

        for (size_t i = 0; i < l->n; i++) {
                int r;

                if (i > 0)
                        buf_add_char(b, '\n');
                r = command_format(&l->v[i], b);
                if (r < 0)
                        return r;
        }
        return format_end(b);
}

const Codec codec_commands = {
        CODEC_OF(commands),
        .expects = "a command line such as /usr/bin/app --option",
        .lines = true,
        .parse = commands_parse,
        .format = commands_format,
        .release = commands_release,
        .good = SAMPLES("", "/bin/true", "-/bin/a b", "@/bin/a a0 x", "+-/bin/a", "!!/bin/a",
                        "!/bin/a $X ${Y}", ":/bin/a $X", "sleep 5", "/bin/a ; /bin/b c", "/bin/a \\; b ';'",
                        "/bin/sh -c \"echo 'x y' %%\"", "/bin//a/./b", "|echo a; echo 'b'", "/bin/a \"\" x",
                        "/bin/a 'a\\nb'"),
        .bad = SAMPLES("bin/a", "/bin/", "\"/bin/a", "@/bin/a", "/bin/a 'x", "..", "/bin/a %9"),
};
