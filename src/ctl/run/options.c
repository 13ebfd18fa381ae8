/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/run/run.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#define LONG_OPTION 256 /* what getopt_long(3) returns for each without a letter */

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
                { "watch", &q->watch },
                { "ipc", &q->ipc },
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
                { "max-output-action", &q->max_output_action },
                { "encoding", &q->encoding },
                { "instances", &q->instances },
                { "host", &q->ctl->host },
                { "machine", &q->ctl->machine },
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (str_equal(texts[i].name, key))
                        *texts[i].text = value;
        return 0;
}

static int set_user_scope(RunRequest *q, const char *key, const char *value) {
        q->ctl->scope = SCOPE_USER;
        return 0;
}

static int add_watched(RunRequest *q, const char *key, const char *value) {
        q->watch = true;
        return strv_add(&q->watched, value);
}

static int set_expand(RunRequest *q, const char *key, const char *value) {
        if (parse_bool(value, &q->expand) >= 0)
                return 0;
        ctl_print_error("--expand-environment: '%s' is neither yes nor no", value);
        return -EINVAL;
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
        { "unit", 'u', "UNIT", "the name of the unit", set_unit },
        { "property", 'p', "KEY=VALUE", "a setting of the unit", add_setting },
        { "description", 0, "TEXT", "its description", set_description },
        { "slice", 0, "SLICE", "the slice it runs in", set_text, "slice", .words = WORDS_UNITS },
        { "slice-inherit", 0, NULL, "that slice, or the unit, below the slice of the caller", set_flag,
          "slice-inherit" },
        { "no-ask-password", 0, NULL, "there is nothing to ask for", set_flag, "" },
        { "no-block", 0, NULL, "do not wait for its start", set_flag, "no-block" },
        { "remain-after-exit", 'r', NULL, "it stays active when the command has ended", set_flag, "remain" },
        { "wait", 0, NULL, "wait until it has ended, with its exit code", set_flag, "wait" },
        { "send-sighup", 0, NULL, "SIGHUP follows SIGTERM at once", set_flag, "sighup" },
        { "service-type", 0, "TYPE", "simple, exec, oneshot, notify, ...", add_setting, "Type",
          .choices = "simple exec oneshot notify forking dbus idle" },
        { "uid", 0, "USER", "run as this user", set_text, "uid" },
        { "gid", 0, "GROUP", "run as this group", set_text, "gid" },
        { "nice", 0, "N", "nice level", set_text, "nice" },
        { "working-directory", 0, "PATH", "run there", set_text, "directory", .words = WORDS_FILES },
        { "cwd", 0, "PATH", "the same", set_text, "directory", .words = WORDS_FILES },
        { "same-dir", 'd', NULL, "run in the directory of the caller", set_flag, "same-dir" },
        { "setenv", 'E', "NAME[=VALUE]", "a variable, or one of the caller's", add_variable,
          .words = WORDS_OWN_VARIABLES },
        { "pty", 't', NULL, "on a terminal of its own, connected with ours", set_flag, "pty" },
        { "pipe", 'P', NULL, "with our standard input, output and error", set_flag, "pipe" },
        { "quiet", 'q', NULL, "say nothing", set_flag, "quiet" },
        { "collect", 'G', NULL, "forget the unit also when it has failed", set_flag, "collect" },
        { "expand-environment", 0, "BOOL", "whether svinit replaces $VARIABLES in the command (no)",
          set_expand, .words = WORDS_BOOLEANS },
        { "shell", 'S', NULL, "run the user's shell, or the command in a shell", set_flag, "shell" },
        { "capture", 0, NULL, "print output and ending as JSON", set_flag, "capture" },
        { "ipc", 0, NULL, "lines are messages on the channel of a child of Node", set_flag, "ipc" },
        { "encoding", 0, "NAME", "--capture: output as utf8, base64 or hex (utf8)", set_text, "encoding",
          .choices = "utf8 base64 hex" },
        { "timeout", 0, "TIME", "stop it when it takes longer", set_text, "timeout" },
        { "max-output", 0, "SIZE", "--capture, --pipe: take so much of each stream (--capture: 1M)", set_text,
          "max-output" },
        { "max-output-action", 0, "WHAT", "and then: terminate the command, or truncate (terminate)",
          set_text, "max-output-action", .choices = "terminate truncate" },
        { "instances", 0, "N", "run so many: N, max, P%", set_text, "instances" },
        { "watch", 0, NULL, "start it anew when a file in its directory changes", set_flag, "watch" },
        { "watch-path", 0, "PATH", "... or when this file, or one in this directory, changes", add_watched,
          .words = WORDS_FILES },
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
        { "host", 'H', "[USER@]HOST[:PORT]", "on a svinit elsewhere, over ssh", set_text, "host",
          .place = true },
        { "machine", 'M', "NAME|PID", "in a container on this machine", set_text, "machine", .place = true,
          .words = WORDS_CONTAINERS },
        { "user", 0, NULL, "by the manager of the caller", set_user_scope, .place = true },
        { "system", 0, NULL, NULL, set_flag, "" },
};

void run_help(void) {
        puts("\nOptions of run:");
        for (const RunOption *o = run_options; o < run_options + ELEMENTSOF(run_options); o++)
                if (o->help)
                        option_print(o->letter, o->name, o->argument, o->help);
}

const RunOption *run_option(size_t i) {
        return i < ELEMENTSOF(run_options) ? run_options + i : NULL;
}

static const RunOption *by_letter(int letter) {
        for (size_t i = 0; i < ELEMENTSOF(run_options); i++)
                if (run_options[i].letter == letter)
                        return run_options + i;
        return NULL;
}

static void fill(struct option *longs, char *letters) {
        strcpy(letters, "+");
        for (size_t i = 0; i < ELEMENTSOF(run_options); i++) {
                const RunOption *o = run_options + i;

                longs[i] = (struct option){ o->name, o->argument ? required_argument : no_argument, NULL,
                                            LONG_OPTION };
                if (o->letter)
                        (void)snprintf(letters + strlen(letters), 3, "%c%s", o->letter,
                                       o->argument ? ":" : "");
        }
}

typedef bool (*OptionFilter)(const RunOption *o);

static int read_options(RunRequest *q, int argc, char **argv, OptionFilter wanted) {
        struct option longs[ELEMENTSOF(run_options) + 1] = { 0 };
        char letters[3 * ELEMENTSOF(run_options) + 2];
        int ch, index;

        fill(longs, letters);
        optind = 0;
        while ((ch = getopt_long(argc, argv, letters, longs, &index)) >= 0) {
                const RunOption *o = ch == LONG_OPTION ? run_options + index
                                     : ch == '?'       ? NULL
                                                       : by_letter(ch);

                if (!o)
                        return -CTL_USAGE;
                if (wanted(o) && o->act(q, o->key, optarg) < 0)
                        return -CTL_FAILED;
        }
        return optind;
}

static bool is_any(const RunOption *o) {
        return true;
}

static bool is_place(const RunOption *o) {
        return o->place;
}

int run_read_options(RunRequest *q, int argc, char **argv) {
        int r;

        if (str_equal(argv[1], "--help") || str_equal(argv[1], "-h"))
                return -help_on_verb(verb_find(argv[0]));
        r = read_options(q, argc, argv, is_any);
        if (r == -CTL_USAGE)
                fputs("Try 'svctl run --help'.\n", stderr);
        return r;
}

/* What is wrong with the others is said when they are read. */
int run_find_place(Ctl *c, int argc, char **argv) {
        RunRequest q = { .ctl = c };
        int r;

        opterr = 0;
        r = read_options(&q, argc, argv, is_place);
        opterr = 1;
        return r < 0 ? 1 : r;
}
