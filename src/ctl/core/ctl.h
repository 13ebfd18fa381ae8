/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * svctl: what its verbs share. The table of verbs (verbs.c) is the one place
 * from which dispatch, --help and the completion come; each verb is a function
 * with the arguments behind its name and the exit code as its result.
 *
 * Exit codes are systemctl's: 0; 1 failed; 2 usage (called as systemctl: 1); 3 not active (is-active, status); 4 no
 * such unit (status), access denied or refused; 5 not installed; 6 not configured.
 */

#include "base/text.h"
#include "base/time.h"
#include "ctl/core/logs-options.h"
#include "ctl/core/screen.h"
#include "ctl/core/words.h"
#include "load/install.h"

#include <stdio.h>
#include <systemd/sd-bus.h>

typedef enum CtlExit {
        CTL_OK = 0,
        CTL_FAILED = 1,
        CTL_USAGE = 2,
        CTL_NOT_ACTIVE = 3,
        CTL_NO_SUCH_UNIT_STATUS = 4,
        CTL_REFUSED = 4,
        CTL_NOT_INSTALLED = 5,
        CTL_NOT_CONFIGURED = 6,
        CTL_TIMED_OUT = 124, /* as of timeout(1) */
} CtlExit;

/* -o of the verbs that read: text for people; only the names or values; JSON in one line, or laid out. */
typedef enum OutputFormat {
        FORMAT_SHORT,
        FORMAT_CAT,
        FORMAT_JSON,
        FORMAT_JSON_PRETTY,
        OUTPUT_FORMAT_MAX,
} OutputFormat;

struct Ctl {
        sd_bus *bus; /* NULL until ctl_connect() */
        int argc;    /* of main() */
        char **argv;
        const char *host, *machine; /* -H, -M */
        Screen screen;
        OutputFormat format;
        bool dry_run, show_transaction;
        bool after, before;                  /* list-dependencies */
        bool order, require;                 /* dot */
        char **from_patterns, **to_patterns; /* dot */
        const char *job;                     /* plan: --job= */
        bool quiet, no_block, plain, full, all, failed, value, now, runtime, force, no_legend, reverse,
                no_reload;
        bool called_as_systemctl, no_pager;
        bool starting_ok, show_types, read_only, mkdir;
        char **what;      /* clean: --what= */
        const char *mode; /* --job-mode= */
        bool wait, marked, with_dependencies, recursive;
        const char *timestamp;  /* see format_timestamp() */
        char **properties;      /* -p */
        char **types, **states; /* -t, --state= */
        const char *signal;     /* -s */
        const char *whom;       /* --kill-whom= */
        const char *root;       /* --root= */
        LoaderScope scope;      /* --global, --user */
        const char *image, *preset_mode, *drop_in;
        bool take_stdin;    /* edit --stdin */
        bool no_generated;  /* for ctl_loader(): leave out what generators made */
        const char *output; /* -o; of verbs that read, NULL for text and "json" for both kinds of it */
        const char *lines;  /* -n */
        LogsOptions logs;
        const char *man, *recursive_errors;     /* verify */
        bool here, counts, outcomes, resources; /* verify, dump-directives */
        char **units;                           /* -u */
        char runtime_dir[256];                  /* see ctl_runtime_dir() */
        bool unescape, mangle, path, instance;  /* escape */
        const char *template, *suffix;          /* escape */
        const char *iterations, *base_time;     /* analyze calendar; top: iterations */
        const char *fuzz;                       /* analyze critical-chain */
        const char *sort, *delay;               /* top */
        bool batch, tree, threads, sum;         /* top */
        bool abort, or_start;                   /* roll */
        bool permanent;                         /* scale */
        bool http;                              /* metrics */
        bool new_instance;                      /* call */
        const char *timeout;                    /* call */
        usec_t reply_timeout;                   /* what it says; 0: none */
        const char *directory;                  /* import: --output= */
        bool check;                             /* import */
        char **only;                            /* import */
        bool local;                             /* deploy */
        bool clear;                             /* save */
        const char *profile;                    /* start: --profile= */
};

typedef int (*VerbFunction)(Ctl *c, int argc, char **argv); /* argv[0] is the verb */

typedef struct Verb {
        const char *name, *arguments, *summary;
        int min_args, max_args; /* behind the verb; -1: any number */
        VerbFunction run;
        const char *group; /* heading in --help */
        bool offline;      /* works without a manager */
        WordKind words;    /* what its arguments may be */
        bool there;        /* with -H it runs there: it wants more of the other side than its manager */
        bool reads;        /* only shows something: -o is an OutputFormat */
        bool paged;        /* may be long */
} Verb;

extern const Verb verbs[]; /* ended by a row without a name */
const Verb *verb_find(const char *name);
int help_on_verb(const Verb *v); /* VERB --help; the exit code */
void option_print(char letter, const char *name, const char *argument, const char *help); /* a line of help */

/* client.c */
#define SD1 "org.freedesktop.systemd1"
#define SD1_PATH "/org/freedesktop/systemd1"
#define SD1_MANAGER SD1 ".Manager"
#define SD1_UNIT SD1 ".Unit"
#define OWN_MANAGER "org.svinit.Manager"
#define OWN_UNIT "org.svinit.Unit"

const char *ctl_runtime_dir(Ctl *c); /* where svinit's socket is: "/run", or its user's own directory */
int ctl_connect(Ctl *c);             /* 0, or negative with a sentence on stderr */
/* A call to the manager; the error is printed (unless quiet) and mapped to an exit code, *ret_exit. 0 or negative. */
int ctl_call(Ctl *c, const char *method, sd_bus_message **ret_reply, int *ret_exit, const char *what,
             const char *types, ...);
int ctl_unit_path(const char *unit, char **ret);
int ctl_get_string(Ctl *c, const char *unit, const char *interface, const char *property, char **ret);
static inline int ctl_usage(const Ctl *c) {
        return c->called_as_systemctl ? CTL_FAILED : CTL_USAGE;
}
int ctl_error_exit(const sd_bus_error *e, int r); /* D-Bus error -> exit code */
void ctl_print_bus_error(Ctl *c, const char *what, const sd_bus_error *e, int r); /* what: the unit */
/* "Unit x.service could not be found", and what was perhaps meant. */
void ctl_say_not_found(Ctl *c, const char *unit);
bool ctl_is_not_found(Ctl *c, const char *unit); /* it is, and that was said */
/* Unit names as people type them; globs are expanded over the loaded units. NULL-terminated, owned by the caller. */
int ctl_names(Ctl *c, char **argv, char ***ret);
int ctl_print_error(const char *format, ...)
        PRINTF_LIKE(1, 2); /* to stderr with "svctl: "; returns CTL_FAILED */

/* One property as read from the bus, its value rendered as `systemctl show` does. */
typedef struct Property {
        char *name, *value;
        uint64_t number; /* of a number or a boolean, as it was sent; else 0 */
        bool empty;      /* as systemctl judges it: hidden without --all */
} Property;
typedef struct PropertyList {
        Property *v;
        size_t n, capacity;
} PropertyList;
int ctl_get_all(Ctl *c, const char *path, const char *interface, PropertyList *ret, sd_bus_error *error);
void property_list_release(PropertyList *l);
const char *property_get(const PropertyList *l, const char *name); /* "" when it is not there */
uint64_t property_number(const PropertyList *l, const char *name, uint64_t otherwise);
uint64_t property_raw(const PropertyList *l, const char *name); /* also of what is shown as a time; 0: none */

/* job-wait.c: asks for a job and waits for its end, unless --no-block; what failed is explained. The exit code. */
int ctl_run_job(Ctl *c, sd_bus_message *call, const char *verb, const char *what);

/* control/set-property.c: one (sv), of settings as a unit file has them */
int ctl_append_settings(sd_bus_message *m, char **assignments);
int ctl_set_properties(Ctl *c, const char *unit, bool runtime, char **assignments); /* the exit code */

/* control/set-profile.c: of these units, read again by svinit when this returns; the exit code */
int ctl_set_profile(Ctl *c, char *const *units, bool runtime, const char *name);

/* values.c */
int value_json_properties(sd_bus_message *m, char *const *names,
                          Buf *b); /* value-json.c: of an a{sv}, those names or all, as members */
int value_render(sd_bus_message *m, const char *name, Buf *b, bool *ret_empty);
bool timestamp_style_choose(
        const char *name); /* --timestamp=, for what follows; false: there is none of that name */
void format_timestamp(usec_t realtime, Buf *b);   /* "Mon 2026-01-05 10:00:00 UTC"; "n/a" for 0 */
void format_age(usec_t then, usec_t now, Buf *b); /* "3min 2s ago" */

/* similar.c: init, try all there is, hint: "; did you mean 'start'?", or "" */
typedef struct Similar {
        const char *word; /* borrowed */
        unsigned distance;
        char best[UNIT_NAME_MAX + 1], hint[UNIT_NAME_MAX + 32];
} Similar;
void similar_init(Similar *s, const char *word);
void similar_try(Similar *s, const char *candidate);
const char *similar_hint(Similar *s);

/* json.c: members of an object get their comma by themselves */
void json_add_string(Buf *b, const char *s);
void json_add_list(Buf *b, char *const *strings);
void json_add_member(Buf *b, const char *key, const char *value);
void json_add_key(Buf *b, const char *key);                /* what follows is up to the caller */
void json_add_number(Buf *b, const char *key, uint64_t n); /* UINT64_MAX, which stands for none: null */
void json_add_bool(Buf *b, const char *key, bool value);
void json_open(Buf *b, const char *bracket); /* "{" or "[": an element of a list, with its comma */
int json_print(Buf *b);                      /* a line on stdout; the exit code */
int json_print_member(const Ctl *c, const char *key, const char *value); /* the value alone without -o json */
void json_lay_out(const char *text, Buf *b); /* line by line, as systemctl's json-pretty */
/* Is it -o json, as opposed to -o text or nothing? Else CTL_USAGE, and it has been said. */
int ctl_json_asked(const Ctl *c, const char *verb, bool *ret);
/* formats.c: runs the verb with -o and the pager as its row has them. */
int ctl_run_verb(Ctl *c, const Verb *v, int argc, char **argv);

/* show.c: below a comment with its path; exit code */
int ctl_print_file(Ctl *c, const char *path);

/* logs/logs.c */
struct sd_journal;
int ctl_open_journal(Ctl *c, struct sd_journal **ret); /* 0; negative: said */
bool logs_has_output(const char *name);                /* is it a word of -o? */
void logs_print_outputs(void);
/* The last lines of these units, none from before that time, as `svctl logs -o short` has them. */
int logs_show(Ctl *c, char *const *units, unsigned lines, usec_t not_before);
/* For who goes through a journal himself: the entry that it stands on, cut to so many columns; what belongs to these units. */
int logs_print_entry(Ctl *c, struct sd_journal *j, unsigned columns, FILE *out);
int logs_match_journal(Ctl *c, struct sd_journal *j, char *const *units);

/* program.c */
int ctl_absolute_path(const char *path, char **ret); /* as seen from here */
int ctl_find_program(const char *name, char **ret);  /* -ENOENT: $PATH has none */

/* offline.c */
int ctl_loader(Ctl *c, Loader **ret);
int ctl_loader_or_say(Ctl *c, const char *verb,
                      Loader **ret); /* a failure is printed: "Failed to VERB: ..." */
bool ctl_is_in_chroot(void);
bool ctl_is_offline(void); /* $SYSTEMD_OFFLINE, or in a chroot */
bool ctl_manager_runs(Ctl *c);
void ctl_say_unreachable(Ctl *c, int r);
/* May the verb run here? 0; -1: no, and that is fine; else the exit code. What there is to say has been said. */
int ctl_guard(Ctl *c, const Verb *v);

/* changes.c */
void ctl_print_findings(const Report *r); /* a line each */
int ctl_print_changes(Ctl *c, const char *verb, int result,
                      const InstallChanges *changes); /* the exit code */
void ctl_print_no_install_info(Ctl *c);
int ctl_read_changes(sd_bus_message *m, bool *ret_info,
                     InstallChanges *changes); /* ret_info NULL: no boolean there */

/* files/unit-files.c */
int ctl_file_names(Ctl *c, const char *verb, char **argv,
                   char ***ret); /* names mangled, paths made absolute */
int ctl_reload(Ctl *c);

/* unit-source.c: fragment and drop-ins of a unit or template; outcomes as of loader_load() */
int ctl_unit_files(Loader *l, const char *name, LoadedUnit *ret);

/* files/generate.c: the kinds of units that it knows; false: there are no more */
bool generate_kind(size_t i, const char **ret_name, const char **ret_summary);

/* files/sysv.c: also does it for init scripts; names of which nothing is left to do are taken out of the list. */
int ctl_sync_sysv(Ctl *c, const char *verb, char **names, bool *enabled);

/* systemctl's colours */
#define COLOR(c, sequence) ((c)->screen.color ? "\033[" sequence "m" : "")
#define COLOR_OF_256(c, some, many) ((c)->screen.colors == 16 ? COLOR(c, some) : COLOR(c, many))
#define COLOR_GREEN(c) COLOR(c, "0;1;32")
#define COLOR_RED(c) COLOR(c, "0;1;31")
#define COLOR_BLUE(c) COLOR(c, "0;1;34")
#define COLOR_BOLD(c) COLOR(c, "0;1;39")
#define COLOR_LINE(c) COLOR(c, "0;4")
#define COLOR_YELLOW(c) COLOR_OF_256(c, "0;1;33", "0;1;38;5;185")
#define COLOR_DIM(c) COLOR_OF_256(c, "0;90", "0;38;5;245")
#define COLOR_END(c) COLOR(c, "0")

#define VERB(name) int verb_##name(Ctl *c, int argc, char **argv)
VERB(jobs);
VERB(isolate);
VERB(kill);
VERB(status);
VERB(top);
VERB(show);
VERB(cat);
VERB(list_units);
VERB(list_jobs);
VERB(list_timers);
VERB(list_sockets);
VERB(list_paths);
VERB(list_automounts);
VERB(is_healthy);
VERB(freeze);
VERB(clean);
VERB(bind);
VERB(mount_image);
VERB(log_control);
VERB(service_log_control);
VERB(service_watchdogs);
VERB(import_environment);
VERB(list_unit_files);
VERB(list_dependencies);
VERB(diff);
VERB(apply);
VERB(plan);
VERB(doctor);
VERB(dot);
VERB(is_active);
VERB(is_failed);
VERB(is_enabled);
VERB(is_system_running);
VERB(daemon_reload);
VERB(reset_failed);
VERB(unit_files);
VERB(get_default);
VERB(set_default);
VERB(edit);
VERB(monit);
VERB(list);
VERB(env);
VERB(save);
VERB(generate);
VERB(cancel);
VERB(exit);
VERB(logs);
VERB(verify);
VERB(import);
VERB(deploy);
VERB(dump_directives);
VERB(dump_catalog);
VERB(escape);
VERB(analyze);
VERB(show_environment);
VERB(set_environment);
VERB(run);
VERB(set_property);
VERB(scale);
VERB(send);
VERB(call);
VERB(trigger);
VERB(ipc);
VERB(metrics);
VERB(set_profile);
VERB(roll);
VERB(stdio_bridge);
VERB(list_machines);
VERB(complete);
VERB(enter_target);
VERB(impossible);
VERB(help);
