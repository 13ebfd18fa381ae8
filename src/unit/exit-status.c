/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exit codes by name (systemd.exec(5), "Process exit codes"), and sets of
 * exit codes and signals.
 */

#include <errno.h>
#include <signal.h>
#include <sysexits.h>

#include "unit/codec-util.h"

static const struct {
        int code;
        const char *name;
} names[] = {
        { 0, "SUCCESS" },
        { 1, "FAILURE" },
        /* LSB init scripts */
        { 2, "INVALIDARGUMENT" },
        { 3, "NOTIMPLEMENTED" },
        { 4, "NOPERMISSION" },
        { 5, "NOTINSTALLED" },
        { 6, "NOTCONFIGURED" },
        { 7, "NOTRUNNING" },
        /* sysexits.h */
        { EX_USAGE, "USAGE" },
        { EX_DATAERR, "DATAERR" },
        { EX_NOINPUT, "NOINPUT" },
        { EX_NOUSER, "NOUSER" },
        { EX_NOHOST, "NOHOST" },
        { EX_UNAVAILABLE, "UNAVAILABLE" },
        { EX_SOFTWARE, "SOFTWARE" },
        { EX_OSERR, "OSERR" },
        { EX_OSFILE, "OSFILE" },
        { EX_CANTCREAT, "CANTCREAT" },
        { EX_IOERR, "IOERR" },
        { EX_TEMPFAIL, "TEMPFAIL" },
        { EX_PROTOCOL, "PROTOCOL" },
        { EX_NOPERM, "NOPERM" },
        { EX_CONFIG, "CONFIG" },
        /* the child between fork and exec */
        { 200, "CHDIR" },
        { 201, "NICE" },
        { 202, "FDS" },
        { 203, "EXEC" },
        { 204, "MEMORY" },
        { 205, "LIMITS" },
        { 206, "OOM_ADJUST" },
        { 207, "SIGNAL_MASK" },
        { 208, "STDIN" },
        { 209, "STDOUT" },
        { 210, "CHROOT" },
        { 211, "IOPRIO" },
        { 212, "TIMERSLACK" },
        { 213, "SECUREBITS" },
        { 214, "SETSCHEDULER" },
        { 215, "CPUAFFINITY" },
        { 216, "GROUP" },
        { 217, "USER" },
        { 218, "CAPABILITIES" },
        { 219, "CGROUP" },
        { 220, "SETSID" },
        { 221, "CONFIRM" },
        { 222, "STDERR" },
        { 224, "PAM" },
        { 225, "NETWORK" },
        { 226, "NAMESPACE" },
        { 227, "NO_NEW_PRIVILEGES" },
        { 228, "SECCOMP" },
        { 229, "SELINUX_CONTEXT" },
        { 230, "PERSONALITY" },
        { 231, "APPARMOR" },
        { 232, "ADDRESS_FAMILIES" },
        { 233, "RUNTIME_DIRECTORY" },
        { 235, "CHOWN" },
        { 236, "SMACK_PROCESS_LABEL" },
        { 237, "KEYRING" },
        { 238, "STATE_DIRECTORY" },
        { 239, "CACHE_DIRECTORY" },
        { 240, "LOGS_DIRECTORY" },
        { 241, "CONFIGURATION_DIRECTORY" },
        { 242, "NUMA_POLICY" },
        { 243, "CREDENTIALS" },
        { 244, "BPF" },
        { 255, "EXCEPTION" },
};

int exit_status_from_string(const char *s) {
        unsigned n;

        if (!s)
                return -1;
        if (parse_unsigned(s, &n) >= 0)
                return n <= UINT8_MAX ? (int)n : -1;
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (str_equal(names[i].name, s))
                        return names[i].code;
        return -1;
}

const char *exit_status_to_string(int status) {
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (names[i].code == status)
                        return names[i].name;
        return NULL;
}

const char *exit_status_class(int status) {
        if (!exit_status_to_string(status))
                return NULL;
        return status <= EXIT_FAILURE ? "libc"
               : status < EX__BASE    ? "LSB"
               : status <= EX__MAX    ? "BSD"
                                      : "systemd";
}

bool exit_status_set_contains(const ExitStatusSet *s, int code, int status) {
        if (code == CLD_EXITED) {
                for (size_t i = 0; i < s->n_codes; i++)
                        if (s->codes[i] == status)
                                return true;
        } else if (code == CLD_KILLED || code == CLD_DUMPED) {
                for (size_t i = 0; i < s->n_signals; i++)
                        if (s->signals[i] == status)
                                return true;
        }
        return false;
}

static int add_code(ExitStatusSet *s, int code) {
        uint8_t *codes;

        if (exit_status_set_contains(s, CLD_EXITED, code))
                return 0;
        codes = realloc(s->codes, s->n_codes + 1);
        if (!codes)
                return -ENOMEM;
        s->codes = codes;
        codes[s->n_codes++] = (uint8_t)code;
        return 0;
}

static int add_signal(ExitStatusSet *s, int sig) {
        int *signals;

        if (exit_status_set_contains(s, CLD_KILLED, sig))
                return 0;
        signals = realloc(s->signals, (s->n_signals + 1) * sizeof(int));
        if (!signals)
                return -ENOMEM;
        s->signals = signals;
        signals[s->n_signals++] = sig;
        return 0;
}

static int exit_status_handle(const CodecContext *c, const char *word, void *field) {
        int v;

        v = exit_status_from_string(word);
        if (v >= 0)
                return add_code(field, v);
        if (word[0] >= '0' && word[0] <= '9')
                return -EINVAL; /* a number beyond 255: no signal either */
        v = signal_from_string(word);
        return v > 0 ? add_signal(field, v) : -EINVAL;
}

static void exit_statuses_release(void *field) {
        ExitStatusSet *s = field;

        free(s->codes);
        free(s->signals);
        *s = (ExitStatusSet){ 0 };
}

static int exit_statuses_parse(const CodecContext *c, const char *value, void *field) {
        if (value[0] == 0) {
                exit_statuses_release(field);
                return 0;
        }
        return codec_for_each_word(c, value, WORDS_QUOTES, exit_status_handle, field);
}

static int exit_statuses_format(const Directive *row, const void *field, Buf *b) {
        const ExitStatusSet *s = field;
        const char *separator = "";

        for (size_t i = 0; i < s->n_codes; i++, separator = " ")
                buf_addf(b, "%s%u", separator, s->codes[i]);
        for (size_t i = 0; i < s->n_signals; i++, separator = " ") {
                const char *name = signal_to_string(s->signals[i]);

                buf_addf(b, "%s%s", separator, name ? name : "");
        }
        return format_end(b);
}

const Codec codec_exit_statuses = {
        CODEC_OF(exit_statuses),
        .expects = "an exit status (0 to 255, or a name such as TEMPFAIL) or a signal such as SIGKILL",
        .parse = exit_statuses_parse,
        .format = exit_statuses_format,
        .release = exit_statuses_release,
        .good = SAMPLES("", "0 255", "TEMPFAIL 250 SIGKILL", "143 SIGTERM"),
        .bad = SAMPLES("256", "-1", "SIGWHAT", "1,2"),
};

/* -1: not given. */
static int status_parse(const CodecContext *c, const char *value, void *field) {
        int v = value[0] ? exit_status_from_string(value) : -1;

        if (v < 0 && value[0])
                return -EINVAL;
        *(int *)field = v;
        return 0;
}

static int status_format(const Directive *row, const void *field, Buf *b) {
        int v = *(const int *)field;

        if (v >= 0)
                buf_addf(b, "%d", v);
        return format_end(b);
}

const Codec codec_status = {
        CODEC_OF(status),
        .expects = "an exit status: 0 to 255, or a name such as TEMPFAIL",
        .parse = status_parse,
        .format = status_format,
        .good = SAMPLES("", "0", "255", "TEMPFAIL"),
        .bad = SAMPLES("256", "-1", "SIGTERM"),
};

static int signal_parse(const CodecContext *c, const char *value, void *field) {
        int v = signal_from_string(value);

        if (v < 0)
                return -EINVAL;
        *(int *)field = v;
        return 0;
}

/* 0 (as RestartKillSignal= not given) has no name. */
static int signal_format(const Directive *row, const void *field, Buf *b) {
        const char *name = signal_to_string(*(const int *)field);

        buf_add(b, name ? name : "");
        return format_end(b);
}

const Codec codec_signal = {
        CODEC_OF(signal),
        .expects = "a signal such as SIGTERM, HUP, SIGRTMIN+3 or 15",
        .empty_resets = true,
        .filled = true,
        .parse = signal_parse,
        .format = signal_format,
        .good = SAMPLES("SIGTERM", "HUP", "9", "SIGRTMIN+3", "RTMAX-1"),
        .bad = SAMPLES("SIG", "0", "65", "sigterm", "SIGRTMIN+99"),
};
