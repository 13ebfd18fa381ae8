/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/run/run.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

typedef int (*OptionAction)(RunRequest *q, const char *key, const char *value);

typedef struct RunOption {
        const char *name;
        char letter;
        const char *argument;
        const char *help;
        OptionAction act;
        const char *key; /* for the action */
} RunOption;

static int set_flag(RunRequest *q, const char *key, const char *value) {
        const struct {
                const char *name;
                bool *flag;
        } flags[] = {
                { "scope", &q->scope },
                { "wait", &q->wait },
                { "remain", &q->remain },
                { "collect", &q->collect },
                { "sighup", &q->sighup },
                { "shell", &q->shell },
                { "pty", &q->pty },
                { "pipe", &q->pipe },
                { "same-dir", &q->same_directory },
                { "capture", &q->capture },
                { "slice-inherit", &q->inherit_slice },
                { "quiet", &q->ctl->quiet },
                { "no-block", &q->ctl->no_block },
        };

        for (size_t i = 0; i < ELEMENTSOF(flags); i++)
                if (str_equal(flags[i].name, key))
                        *flags[i].flag = true;
        return 0;
}

static int set_text(RunRequest *q, const char *key, const char *value) {
        const struct {
                const char *name;
                const char **text;
        } texts[] = {
                { "uid", &q->user },
                { "gid", &q->group },
                { "nice", &q->nice },
                { "directory", &q->directory },
                { "slice", &q->slice },
                { "timeout", &q->timeout },
                { "max-output", &q->max_output },
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (str_equal(texts[i].name, key))
                        *texts[i].text = value;
        return 0;
}

static int set_unit(RunRequest *q, const char *key, const char *value) {
        return str_replace(&q->unit, value);
}

static int set_description(RunRequest *q, const char *key, const char *value) {
        return str_replace(&q->description, value);
}

static int check_setting(const char *value) {
        const char *equals = strchr(value, '=');

        if (equals && equals > value)
                return 0;
        ctl_print_error("'%s' is not of the form KEY=VALUE", value);
        return -EINVAL;
}

static int add_setting(RunRequest *q, const char *key, const char *value) {
        char *setting;
        int r;

        if (!key)
                return check_setting(value) < 0 ? -EINVAL : strv_add(&q->settings, value);
        r = str_printf(&setting, "%s=%s", key, value);
        return r < 0 ? r : strv_push(&q->settings, setting);
}

static int add_variable(RunRequest *q, const char *key, const char *value) {
        const char *inherited = getenv(value);
        char *assignment;

        if (strchr(value, '='))
                return strv_add(&q->environment, value);
        if (!inherited)
                return 0;
        if (str_printf(&assignment, "%s=%s", value, inherited) < 0)
                return -ENOMEM;
        return strv_push(&q->environment, assignment);
}

static int add_to(RunRequest *q, RunTrigger trigger, const char *setting) {
        if (q->trigger != TRIGGER_NONE && q->trigger != trigger) {
                ctl_print_error("only one of timer, path and socket can start the unit");
                return -EINVAL;
        }
        q->trigger = trigger;
        return strv_add(&q->trigger_settings[trigger], setting);
}

static int add_time(RunRequest *q, const char *key, const char *value) {
        char *setting auto_free = NULL;

        if (str_printf(&setting, "%s=%s", key, value) < 0)
                return -ENOMEM;
        return add_to(q, TRIGGER_TIMER, setting);
}

static int add_event(RunRequest *q, const char *key, const char *value) {
        return add_to(q, TRIGGER_TIMER, key);
}

static int add_trigger_setting(RunRequest *q, const char *key, const char *value) {
        RunTrigger t = str_equal(key, "timer")  ? TRIGGER_TIMER
                       : str_equal(key, "path") ? TRIGGER_PATH
                                                : TRIGGER_SOCKET;

        return check_setting(value) < 0 ? -EINVAL : add_to(q, t, value);
}

static const RunOption run_options[] = {
        { "scope", 0, NULL, "run it in a scope: as a child of ours, not of svinit", set_flag, "scope" },
        { "unit", 'u', "UNIT", "the name of the unit", set_unit, NULL },
        { "property", 'p', "KEY=VALUE", "a setting of the unit", add_setting, NULL },
        { "description", 0, "TEXT", "its description", set_description, NULL },
        { "slice", 0, "SLICE", "the slice it runs in", set_text, "slice" },
        { "slice-inherit", 0, NULL, "that slice, or the unit, below the slice of the caller", set_flag,
          "slice-inherit" },
        { "no-ask-password", 0, NULL, "there is nothing to ask for", set_flag, "" },
        { "no-block", 0, NULL, "do not wait for its start", set_flag, "no-block" },
        { "remain-after-exit", 'r', NULL, "it stays active when the command has ended", set_flag, "remain" },
        { "wait", 0, NULL, "wait until it has ended, with its exit code", set_flag, "wait" },
        { "send-sighup", 0, NULL, "SIGHUP follows SIGTERM at once", set_flag, "sighup" },
        { "service-type", 0, "TYPE", "simple, exec, oneshot, notify, ...", add_setting, "Type" },
        { "uid", 0, "USER", "run as this user", set_text, "uid" },
        { "gid", 0, "GROUP", "run as this group", set_text, "gid" },
        { "nice", 0, "N", "nice level", set_text, "nice" },
        { "working-directory", 0, "PATH", "run there", set_text, "directory" },
        { "same-dir", 'd', NULL, "run in the directory of the caller", set_flag, "same-dir" },
        { "setenv", 'E', "NAME[=VALUE]", "a variable, or one of the caller's", add_variable, NULL },
        { "pty", 't', NULL, "on a terminal of its own, connected with ours", set_flag, "pty" },
        { "pipe", 'P', NULL, "with our standard input, output and error", set_flag, "pipe" },
        { "quiet", 'q', NULL, "say nothing", set_flag, "quiet" },
        { "collect", 'G', NULL, "forget the unit also when it has failed", set_flag, "collect" },
        { "shell", 'S', NULL, "run the user's shell", set_flag, "shell" },
        { "capture", 0, NULL, "print output and ending as JSON", set_flag, "capture" },
        { "timeout", 0, "TIME", "stop it when it takes longer", set_text, "timeout" },
        { "max-output", 0, "SIZE", "--capture: keep so much of each stream (1M)", set_text, "max-output" },
        { "path-property", 0, "KEY=VALUE", "start it by a path unit with this setting", add_trigger_setting,
          "path" },
        { "socket-property", 0, "KEY=VALUE", "start it by a socket unit with this setting",
          add_trigger_setting, "socket" },
        { "on-active", 0, "TIME", "start it after this time", add_time, "OnActiveSec" },
        { "on-boot", 0, "TIME", "... after the boot", add_time, "OnBootSec" },
        { "on-startup", 0, "TIME", "... after the start of svinit", add_time, "OnStartupSec" },
        { "on-unit-active", 0, "TIME", "... after its last start", add_time, "OnUnitActiveSec" },
        { "on-unit-inactive", 0, "TIME", "... after its last end", add_time, "OnUnitInactiveSec" },
        { "on-calendar", 0, "EVENT", "... when the calendar event comes", add_time, "OnCalendar" },
        { "on-timezone-change", 0, NULL, "... when the time zone changes", add_event,
          "OnTimezoneChange=yes" },
        { "on-clock-change", 0, NULL, "... when the clock jumps", add_event, "OnClockChange=yes" },
        { "timer-property", 0, "KEY=VALUE", "a setting of that timer", add_trigger_setting, "timer" },
};

void run_help(void) {
        puts("\nOptions of run:");
        for (size_t i = 0; i < ELEMENTSOF(run_options); i++) {
                const RunOption *o = run_options + i;
                char left[64];

                (void)snprintf(left, sizeof(left), "%c%c%s--%s%s%s", o->letter ? '-' : ' ',
                               o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
                               o->argument ? "=" : "", o->argument ? o->argument : "");
                printf("  %-36s %s\n", left, o->help);
        }
}

bool run_option(size_t i, const char **ret_name, char *ret_letter, const char **ret_argument,
                const char **ret_help) {
        if (i >= ELEMENTSOF(run_options))
                return false;
        *ret_name = run_options[i].name;
        *ret_letter = run_options[i].letter;
        *ret_argument = run_options[i].argument;
        *ret_help = run_options[i].help;
        return true;
}

static const RunOption *by_letter(int letter) {
        for (size_t i = 0; i < ELEMENTSOF(run_options); i++)
                if (run_options[i].letter == letter)
                        return run_options + i;
        return NULL;
}

/* The index of what is left of argv; negative: the exit code. */
static int read_options(RunRequest *q, int argc, char **argv) {
        struct option longs[ELEMENTSOF(run_options) + 1] = { 0 };
        char letters[3 * ELEMENTSOF(run_options) + 2] = "+";
        int ch, index;

        for (size_t i = 0; i < ELEMENTSOF(run_options); i++) {
                const RunOption *o = run_options + i;

                longs[i] =
                        (struct option){ o->name, o->argument ? required_argument : no_argument, NULL, 256 };
                if (o->letter)
                        (void)snprintf(letters + strlen(letters), 3, "%c%s", o->letter,
                                       o->argument ? ":" : "");
        }
        optind = 0;
        while ((ch = getopt_long(argc, argv, letters, longs, &index)) >= 0) {
                const RunOption *o = ch == 256 ? run_options + index : ch == '?' ? NULL : by_letter(ch);

                if (!o) {
                        fputs("Try 'svctl --help'.\n", stderr);
                        return -CTL_USAGE;
                }
                if (o->act(q, o->key, optarg) < 0)
                        return -CTL_FAILED;
        }
        return optind;
}

static bool all_on_terminal(void) {
        return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

static RunStreams choose_streams(const RunRequest *q) {
        if (q->capture)
                return STREAMS_CAPTURE;
        if ((q->pty && q->pipe) || (q->shell && !q->pty && !q->pipe))
                return all_on_terminal() ? STREAMS_TERMINAL : STREAMS_PIPE;
        return q->pty ? STREAMS_TERMINAL : q->pipe ? STREAMS_PIPE : STREAMS_NONE;
}

static int refuse(const char *words) {
        ctl_print_error("%s", words);
        return -CTL_FAILED;
}

/* 0, or the exit code, negated. */
static int check_together(const RunRequest *q) {
        bool connected = q->streams != STREAMS_NONE;

        if (q->scope && q->trigger != TRIGGER_NONE)
                return refuse("timer, path and socket options cannot be used with --scope");
        if (q->scope && (connected || q->wait || q->remain))
                return refuse("--pty, --pipe, --capture, --wait and --remain-after-exit cannot be used with "
                              "--scope");
        if (q->trigger != TRIGGER_NONE && (connected || q->wait))
                return refuse(
                        "--pty, --pipe, --capture and --wait cannot be used with a timer, path or socket");
        if (q->ctl->no_block && (connected || q->wait))
                return refuse("--wait, --pty, --pipe and --capture cannot be used with --no-block");
        if (q->max_output && !q->capture)
                return refuse("--max-output= is for --capture");
        return 0;
}

static bool is_executable(const char *path) {
        struct stat st;

        return access(path, X_OK) >= 0 && stat(path, &st) >= 0 && S_ISREG(st.st_mode);
}

/* By the caller's $PATH, as the caller means it. */
static int find_command(RunRequest *q) {
        const char *search = getenv("PATH"), *name = q->command[0];
        char cwd[PATH_MAX];

        if (strchr(name, '/')) {
                if (name[0] == '/')
                        return str_replace(&q->path, name);
                return getcwd(cwd, sizeof(cwd)) ? str_printf(&q->path, "%s/%s", cwd, name) : -errno;
        }
        for (const char *p = search ? search : "/usr/local/bin:/usr/bin:/bin"; *p;) {
                size_t n = strcspn(p, ":");
                char *path = NULL;

                if (str_printf(&path, "%.*s/%s", (int)n, p, name) < 0)
                        return -ENOMEM;
                if (p[0] == '/' && is_executable(path)) {
                        q->path = path;
                        return 0;
                }
                free(path);
                p += n + (p[n] == ':');
        }
        return -ENOENT;
}

static const char *suffix_of(const RunRequest *q) {
        static const char *const suffixes[TRIGGER_MAX] = { ".service", ".timer", ".path", ".socket" };

        return q->scope ? ".scope" : suffixes[q->trigger];
}

/* A name given with another suffix than that of the unit which is started first is as good. */
static int choose_names(RunRequest *q) {
        char *stem auto_free = NULL, *full auto_free = NULL;
        sd_id128_t id;
        int r;

        if (q->unit) {
                r = name_mangle(q->unit, q->scope ? UNIT_SCOPE : UNIT_SERVICE, &full);
                if (r < 0) {
                        ctl_print_error("'%s' is not a unit name", q->unit);
                        return r;
                }
                stem = strndup(full, (size_t)(strrchr(full, '.') - full));
                r = stem ? 0 : -ENOMEM;
        } else {
                r = sd_id128_randomize(&id);
                if (r >= 0)
                        r = str_printf(&stem, "run-r" SD_ID128_FORMAT_STR, SD_ID128_FORMAT_VAL(id));
        }
        if (r >= 0)
                r = str_printf(&q->name, "%s%s", stem, q->scope ? ".scope" : ".service");
        if (r >= 0 && q->trigger != TRIGGER_NONE)
                r = str_printf(&q->trigger_name, "%s%s", stem, suffix_of(q));
        return r;
}

static int complete(RunRequest *q) {
        static char *shell[2];
        int r;

        if (!q->command[0] && q->trigger != TRIGGER_NONE)
                return q->description || str_printf(&q->description, "Start of %s", q->unit) >= 0
                               ? choose_names(q)
                               : -ENOMEM;
        if (!q->command[0]) {
                shell[0] = getenv("SHELL") ? getenv("SHELL") : (char *)"/bin/sh";
                q->command = shell;
        }
        r = find_command(q);
        if (r < 0) {
                ctl_print_error("%s: %s", q->command[0], strerror(-r));
                return r;
        }
        q->command[0] = q->path;
        if (!q->description && strv_join(q->command, " ", &q->description) < 0)
                return -ENOMEM;
        return choose_names(q);
}

int run_parse(RunRequest *q, int argc, char **argv) {
        int first = read_options(q, argc, argv), r;

        if (first < 0)
                return first;
        q->command = argv + first;
        if (q->shell)
                q->collect = q->same_directory = true;
        q->streams = choose_streams(q);
        r = check_together(q);
        if (r < 0)
                return r;
        if (!q->command[0] && !q->shell && q->trigger == TRIGGER_NONE)
                return refuse("which command?");
        if (!q->command[0] && q->trigger != TRIGGER_NONE && !q->unit) /* it starts a unit that is there */
                return refuse("which command is to be started, or which --unit=?");
        return complete(q) < 0 ? -CTL_FAILED : 1;
}

void run_request_release(RunRequest *q) {
        free(q->path);
        free(q->inherited);
        free(q->name);
        free(q->trigger_name);
        free(q->unit);
        free(q->description);
        free(q->terminal);
        strv_free(q->settings);
        strv_free(q->environment);
        for (size_t i = 0; i < TRIGGER_MAX; i++)
                strv_free(q->trigger_settings[i]);
}
