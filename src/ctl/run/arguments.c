/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/run/run.h"

#include <errno.h>
#include <limits.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "conf/words.h"
#include "unit/codec-number.h"

#define KEPT (UINT64_C(1) << 20) /* as child_process keeps of exec() */

static bool all_on_terminal(void) {
        return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

static RunStreams choose_streams(const RunRequest *q) {
        if (q->capture)
                return STREAMS_CAPTURE;
        if (q->ipc)
                return STREAMS_CHANNEL;
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
        if (q->instances && (connected || q->wait || q->scope || q->trigger != TRIGGER_NONE))
                return refuse("--instances= makes services that nobody waits for: there is no --wait, "
                              "--pipe, --pty, "
                              "--capture or --scope for it, and no timer, path or socket");
        if (q->ipc && (q->capture || q->pipe || q->pty || q->watch))
                return refuse("--ipc takes the standard input and output for messages: there is no --pipe, "
                              "--pty, --capture or --watch beside it");
        if (q->watch && (q->scope || q->trigger != TRIGGER_NONE || q->capture))
                return refuse("--watch is for services, and not for --capture");
        return 0;
}

static int check_output(RunRequest *q) {
        q->most = q->capture ? KEPT : UINT64_MAX;
        if (q->max_output && q->streams != STREAMS_CAPTURE && q->streams != STREAMS_PIPE)
                return refuse("--max-output= is for --capture and --pipe");
        if (q->max_output && size_parse_bytes(q->max_output, &q->most) < 0) {
                ctl_print_error("--max-output=%s is not a size such as 1M", q->max_output);
                return -CTL_FAILED;
        }
        q->truncate = str_equal(q->max_output_action, "truncate");
        if (q->max_output_action && !q->truncate && !str_equal(q->max_output_action, "terminate"))
                return refuse("--max-output-action= is terminate or truncate");
        if (q->encoding && !q->capture)
                return refuse("--encoding= is for --capture");
        if (q->encoding && !str_equal(q->encoding, "utf8") && !str_equal(q->encoding, "base64") &&
            !str_equal(q->encoding, "hex"))
                return refuse("--encoding= is utf8, base64 or hex");
        return 0;
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

/* "a | b", in one word or in several, as the shell is to read it. */
static int give_to_shell(RunRequest *q) {
        static char *words[4] = { (char *)"/bin/sh", (char *)"-c" };
        int r = strv_join(q->command, " ", &q->shell_line);

        if (r < 0)
                return r;
        words[2] = q->shell_line;
        q->command = words;
        return 0;
}

/* The unit's directory unless others are named: what --watch is about. */
static int add_watches(RunRequest *q) {
        char cwd[PATH_MAX];
        int r = 0;

        if (!getcwd(cwd, sizeof(cwd)))
                return -errno;
        if (!q->watched)
                r = strv_add(&q->watched, q->directory ? q->directory : cwd);
        STRV_FOREACH (p, q->watched) {
                char *path auto_free = NULL, *setting = NULL;
                Buf word auto_buf = { 0 };

                if (r < 0)
                        break;
                r = ctl_absolute_path(*p, &path);
                if (r >= 0)
                        r = words_quote(path, &word);
                if (r >= 0)
                        r = str_printf(&setting, "X-Watch=%s", word.data);
                if (r >= 0)
                        r = strv_push(&q->settings, setting);
        }
        return r;
}

static int complete(RunRequest *q) {
        static char *shell[2];
        int r;

        if (!q->command[0] && q->trigger != TRIGGER_NONE)
                return q->description || str_printf(&q->description, "Start of %s", q->unit) >= 0
                               ? choose_names(q)
                               : -ENOMEM;
        if (q->watch && (r = add_watches(q)) < 0)
                return r;
        if (q->shell && q->command[0] && (r = give_to_shell(q)) < 0)
                return r;
        if (!q->command[0]) {
                shell[0] = getenv("SHELL") ? getenv("SHELL") : (char *)"/bin/sh";
                q->command = shell;
        }
        r = ctl_find_program(q->command[0], &q->path);
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
        int first = run_read_options(q, argc, argv), r;

        if (first <= 0)
                return first;
        q->command = argv + first;
        if (q->shell)
                q->collect = q->same_directory = true;
        q->same_directory |= q->watch;
        q->collect |= q->capture || q->ipc; /* how it has ended is in what we print */
        q->streams = choose_streams(q);
        if ((r = check_together(q)) < 0 || (r = check_output(q)) < 0)
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
        free(q->shell_line);
        strv_free(q->watched);
        strv_free(q->settings);
        strv_free(q->environment);
        for (size_t i = 0; i < TRIGGER_MAX; i++)
                strv_free(q->trigger_settings[i]);
}
