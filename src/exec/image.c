/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What execve() gets: the environment in the order of precedence and the
 * arguments with the variables filled in.
 *
 *      manager_environment     with DefaultEnvironment= and PassEnvironment=
 *      of the account          HOME LOGNAME USER SHELL, PATH of ExecSearchPath=
 *      Environment=            systemd.exec(5) lets it override those
 *      EnvironmentFile=
 *      set by svinit           directories, LISTEN_*, set_environment
 *      X-IncrementEnvironment= adds to the numbers in them
 *      UnsetEnvironment=
 */

#include "conf/words.h"
#include "exec/child.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static int set_pair(char ***env, const char *name, const char *value) {
        char *s auto_free = NULL;
        int r;

        if (!value)
                return 0;
        r = str_printf(&s, "%s=%s", name, value);
        return r < 0 ? r : env_set(env, s);
}

static int set_all(char ***env, char *const *more) {
        STRV_FOREACH (s, more) {
                int r = env_set(env, *s);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_account(const ExecContext *c, char ***env) {
        static const char *const names[] = { "HOME", "LOGNAME", "USER", "SHELL" };
        const Account *a = &c->account;
        int r;

        /* What the container says of svinit's own account is not true of another. */
        if (a->uid != (uid_t)-1 && a->uid != geteuid())
                for (size_t i = 0; i < ELEMENTSOF(names); i++)
                        env_unset(*env, names[i]);
        r = set_pair(env, "HOME", a->home);
        if (r >= 0)
                r = set_pair(env, "LOGNAME", a->name);
        if (r >= 0)
                r = set_pair(env, "USER", a->name);
        if (r >= 0)
                r = set_pair(env, "SHELL", a->shell);
        return r;
}

static int add_search_path(const ExecContext *c, char ***env) {
        char *path auto_free = NULL;
        int r;

        if (!c->plan->exec->exec_search_path)
                return 0;
        r = strv_join(c->plan->exec->exec_search_path, ":", &path);
        return r < 0 ? r : set_pair(env, "PATH", path);
}

static int add_files(ExecContext *c, char ***env) {
        const ExecSpec *e = c->plan->exec;

        for (size_t i = 0; i < e->n_environment_files; i++) {
                int r = environment_file_load(e->environment_files + i, env, c);

                if (r < 0)
                        return r;
        }
        exec_detail(c, NULL);
        exec_blame(c, NULL);
        return 0;
}

static int add_listen(const ExecPlan *p, char ***env) {
        Buf names auto_buf = { 0 };
        char number[24];
        int r;

        if (exec_n_passed(p) == 0)
                return 0;
        buf_add(&names, "LISTEN_FDNAMES=");
        for (size_t i = 0; i < p->n_fds; i++) {
                if (i > 0)
                        buf_add_char(&names, ':');
                buf_add(&names, p->fd_names && p->fd_names[i] ? p->fd_names[i] : "unknown");
        }
        (void)snprintf(number, sizeof(number), "%zu", p->n_fds);
        r = set_pair(env, "LISTEN_FDS", number);
        if (r < 0)
                return r;
        return names.error < 0 ? names.error : env_set(env, names.data);
}

/* Node's names; JSON can be read by all, and by every version. */
static int add_channel(const ExecPlan *p, char ***env) {
        char number[24];
        int r;

        if (p->channel_fd <= 0)
                return 0;
        (void)snprintf(number, sizeof(number), "%zu", STDERR_FILENO + 1 + exec_n_passed(p));
        r = set_pair(env, "NODE_CHANNEL_FD", number);
        if (r >= 0)
                r = set_pair(env, "NODE_CHANNEL_SERIALIZATION_MODE", "json");
        if (r < 0 || p->cluster_id == 0)
                return r;
        (void)snprintf(number, sizeof(number), "%u", p->cluster_id);
        return set_pair(env, "NODE_UNIQUE_ID", number);
}

/* What the unit's files say of it stays in front. */
static int append_node_options(const ExecPlan *p, char ***env) {
        const char *own = p->node_options ? env_get(*env, "NODE_OPTIONS", strlen("NODE_OPTIONS")) : NULL;
        char *all auto_free = NULL;
        int r;

        if (!p->node_options)
                return 0;
        r = str_printf(&all, "%s%s%s", own ? own : "", own && *own ? " " : "", p->node_options);
        return r < 0 ? r : set_pair(env, "NODE_OPTIONS", all);
}

static int add_ours(ExecContext *c, char ***env) {
        const ExecPlan *p = c->plan;
        int r = 0;

        for (DirectoryKind k = 0; r >= 0 && k < DIRECTORY_KIND_MAX; k++)
                if (c->directories[k])
                        r = env_set(env, c->directories[k]);
        if (r >= 0)
                r = set_pair(env, "CREDENTIALS_DIRECTORY", p->credentials_directory);
        if (r >= 0)
                r = add_listen(p, env);
        if (r >= 0)
                r = add_channel(p, env);
        if (r >= 0)
                r = set_pair(env, "JOURNAL_STREAM", *c->journal_stream ? c->journal_stream : NULL);
        if (r >= 0)
                r = set_all(env, p->set_environment);
        return r;
}

/* A variable that is not there, or is no number, stays as it is. */
static int increment(const ExecContext *c, char **env) {
        STRV_FOREACH (name, c->plan->increment_environment) {
                const char *text = env_get(env, *name, strlen(*name));
                char number[24];
                uint64_t v;
                int r;

                if (!text || parse_u64(text, &v) < 0)
                        continue;
                (void)snprintf(number, sizeof(number), "%" PRIu64, v + c->plan->increment);
                r = set_pair(&env, *name, number); /* in the place of the old one */
                if (r < 0)
                        return r;
        }
        return 0;
}

/* These name the process itself; step_exec() writes the number, for which there is room in the context. */
static int add_own_pid(ExecContext *c, char ***env) {
        bool watched = c->plan->set_environment && env_get(c->plan->set_environment, "WATCHDOG_USEC", 13);
        char **grown;
        size_t n;

        env_unset(*env, "SYSTEMD_EXEC_PID");
        env_unset(*env, "LISTEN_PID");
        env_unset(*env, "WATCHDOG_PID");
        n = strv_length(*env);
        grown = realloc(*env, (n + 4) * sizeof(char *));
        if (!grown)
                return -ENOMEM;
        grown[n++] = c->exec_pid; /* the first of ours, see exec_context_release() */
        if (exec_n_passed(c->plan) > 0)
                grown[n++] = c->listen_pid;
        if (watched)
                grown[n++] = c->watchdog_pid;
        grown[n] = NULL;
        *env = grown;
        return 0;
}

static int build_environment(ExecContext *c, char ***ret) {
        const ExecSpec *e = c->plan->exec;
        char **env auto_strv = NULL;
        int r;

        r = set_all(&env, c->plan->manager_environment);
        if (r >= 0)
                r = add_account(c, &env);
        if (r >= 0)
                r = add_search_path(c, &env);
        if (r >= 0)
                r = set_all(&env, e->environment);
        if (r >= 0)
                r = add_files(c, &env);
        if (r >= 0)
                r = add_ours(c, &env);
        if (r >= 0)
                r = increment(c, env);
        if (r >= 0)
                r = append_node_options(c->plan, &env);
        if (r >= 0 && e->expand_file_variables)
                r = environment_expand_files(c, &env);
        if (r < 0)
                return r;
        STRV_FOREACH (name, e->unset_environment)
                env_unset(env, *name);
        *ret = TAKE(env);
        return 0;
}

/*
 * ${NAME} and $$ inside a word: always exactly one word comes out. A shell's ${NAME:-x} is none of ours; it stays as it
 * is, for a shell.
 */
static int expand_word(const char *word, char *const *env, char **ret) {
        Buf b auto_buf = { 0 };

        for (const char *p = word; *p; p++) {
                const char *end = NULL;

                if (p[0] == '$' && p[1] == '{')
                        end = strpbrk(p, ":}");

                if (*p != '$') {
                        buf_add_char(&b, *p);
                } else if (p[1] == '$') {
                        buf_add_char(&b, *p++);
                } else if (end && *end == '}') {
                        const char *value = env_get(env, p + 2, (size_t)(end - p - 2));

                        buf_add(&b, value ?: "");
                        p = end;
                } else {
                        buf_add_char(&b, *p);
                }
        }
        return buf_take(&b, ret);
}

/* $NAME as a word of its own: none, one or several words. */
static int add_split(const char *value, char ***argv) {
        char *word;
        int r;

        while (value && (r = words_next(&value, WORDS_QUOTES | WORDS_RELAX, &word)) != 0) {
                if (r < 0)
                        return r;
                r = strv_push(argv, word);
                if (r < 0)
                        return r;
        }
        return 0;
}

int environment_expand_argv(char *const *argv, char *const *env, bool expand, char ***ret) {
        char **l auto_strv = NULL;
        int r;

        STRV_FOREACH (a, argv) {
                const char *word = *a;
                char *expanded;

                if (!expand || !strchr(word, '$'))
                        r = strv_add(&l, word);
                else if (word[0] == '$' && word[1] != '{' && word[1] != '$')
                        r = add_split(env_get(env, word + 1, strlen(word + 1)), &l);
                else {
                        r = expand_word(word, env, &expanded);
                        if (r >= 0)
                                r = strv_push(&l, expanded);
                }
                if (r < 0)
                        return r;
        }
        *ret = TAKE(l);
        return 0;
}

/* The prefix |: the user's shell gets the words as one line. */
static int wrap_in_shell(const ExecContext *c, char ***argv) {
        char **l auto_strv = NULL, *line;
        int r;

        r = strv_join(*argv, " ", &line);
        if (r < 0)
                return r;
        r = strv_add(&l, c->account.shell ?: "/bin/sh");
        if (r >= 0)
                r = strv_add(&l, "-c");
        if (r < 0) {
                free(line);
                return r;
        }
        r = strv_push(&l, line);
        if (r < 0)
                return r;
        strv_free(*argv);
        *argv = TAKE(l);
        return 0;
}

int exec_image_build(ExecContext *c) {
        const Command *command = c->plan->command;
        char **env auto_strv = NULL, **argv auto_strv = NULL;
        int r;

        r = build_environment(c, &env);
        if (r < 0)
                return r;
        r = environment_expand_argv(command->argv, env, !(command->flags & COMMAND_NO_ENV_EXPAND), &argv);
        if (r >= 0 && !argv)
                r = strv_add(&argv, command->path); /* a name that vanished: a program has one in any case */
        if (r >= 0 && (command->flags & COMMAND_SHELL))
                r = wrap_in_shell(c, &argv);
        if (r >= 0)
                r = add_own_pid(c, &env);
        if (r < 0)
                return r;
        c->image = (ExecImage){ TAKE(argv), TAKE(env) };
        return 0;
}

/* The environment ends in strings that are the context's own. */
void exec_context_release(ExecContext *c) {
        for (char **e = c->image.envp; e && *e; e++)
                if (*e == c->exec_pid) {
                        *e = NULL;
                        break;
                }
        strv_free(c->image.envp);
        strv_free(c->image.argv);
        for (DirectoryKind k = 0; k < DIRECTORY_KIND_MAX; k++)
                free(c->directories[k]);
        free(c->account.groups);
        free(c->account.name);
        free(c->account.home);
        free(c->account.shell);
}
