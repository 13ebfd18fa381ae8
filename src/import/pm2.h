/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * PM2's ecosystem files, as PM2 7 reads them.
 *
 *      pm2.c          the file: its apps, and the targets of namespaces
 *      pm2-keys.c     the keys of an app, with their older spellings; those that have no counterpart, and why
 *      pm2-values.c   numbers, times, sizes and lists in PM2's syntax
 *      pm2-command.c  interpreter, script, arguments, environment
 *      pm2-service.c  everything else that becomes a setting
 *      pm2-deploy.c   the section `deploy`
 *      pm2-node.c     files that are programs: evaluated by the caller's node
 */

#include "import/formats.h"
#include "import/tree.h"

typedef enum Pm2Key {
        PM2_APPEND_ENV_TO_NAME,
        PM2_ARGS,
        PM2_AUTORESTART,
        PM2_AUTOSTART,
        PM2_CRON_RESTART,
        PM2_CWD,
        PM2_DISABLE_LOGS,
        PM2_DISABLE_SOURCE_MAP_SUPPORT,
        PM2_ENV,
        PM2_ERROR_FILE,
        PM2_EXEC_INTERPRETER,
        PM2_EXEC_MODE,
        PM2_EXECUTE_COMMAND,
        PM2_EXP_BACKOFF,
        PM2_FILTER_ENV,
        PM2_GID,
        PM2_IGNORE_WATCH,
        PM2_INCREMENT_VAR,
        PM2_INSTANCES,
        PM2_INSTANCE_VAR,
        PM2_KILL_TIMEOUT,
        PM2_LISTEN_TIMEOUT,
        PM2_LOG_DATE_FORMAT,
        PM2_LOG_FILE,
        PM2_LOG_TYPE,
        PM2_MAX_MEMORY_RESTART,
        PM2_MAX_RESTARTS,
        PM2_MERGE_LOGS,
        PM2_MIN_UPTIME,
        PM2_NAME,
        PM2_NAMESPACE,
        PM2_NAME_PREFIX,
        PM2_NODE_ARGS,
        PM2_OUT_FILE,
        PM2_PID_FILE,
        PM2_PORT,
        PM2_RESTART_DELAY,
        PM2_SCRIPT,
        PM2_SHUTDOWN_WITH_MESSAGE,
        PM2_SOURCE_MAP_SUPPORT,
        PM2_STOP_EXIT_CODES,
        PM2_TIME,
        PM2_TREEKILL,
        PM2_UID,
        PM2_WAIT_READY,
        PM2_WATCH,
        PM2_WATCH_DELAY,
        PM2_KEY_MAX,
} Pm2Key;

typedef struct Pm2App {
        Import *import;
        Tree *tree;
        Node *node;
        Node *given[PM2_KEY_MAX]; /* NULL: not there, or null */
        Draft *draft;
        char *name; /* owned; as pm2 list shows it */
        char *cwd;  /* owned; absolute */
        bool node_runs_it, cluster, set;
} Pm2App;

/* pm2-keys.c: fills `given`; drops what is unknown or has no counterpart once there is a draft. */
int pm2_keys_read(Pm2App *a);
void pm2_keys_drop(Pm2App *a);
void pm2_keys_list(Buf *b); /* all that are known, a line each: for the tests */

/* pm2-values.c */
const char *pm2_text(const Pm2App *a, Pm2Key key);
bool pm2_is(const Pm2App *a, Pm2Key key, bool otherwise);
int pm2_milliseconds(const char *text, double *ret); /* 100, "5s", "1m", "1h" */
bool pm2_time(const Pm2App *a, Pm2Key key,
              double *ret_ms); /* false: not given, or no time, which is dropped */
bool pm2_number(const Pm2App *a, Pm2Key key, double *ret);
int pm2_words(const Pm2App *a, Pm2Key key, char ***ret); /* a list, or a text that PM2 takes apart */
void pm2_format_milliseconds(double ms, Buf *b);         /* "1600ms" */

void pm2_write_command(Pm2App *a);
void pm2_write_service(Pm2App *a);
void pm2_write_logs(Pm2App *a);
void pm2_write_deploy(Pm2App *a, Node *deploy);
/* The value of a file that is a program, as JSON. 0; -EBADMSG and it was said; -ENOMEM. */
int pm2_evaluate(Import *im, Text *ret);
