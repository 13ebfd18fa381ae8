/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/unit-log.h"

UnitLog *unit_log_find(const UnitLogs *logs, const char *name) {
        UnitLog *u = NULL;

        if (name)
                HASH_FIND_STR(logs->by_name, name, u);
        return u;
}

static void unit_log_free(UnitLogs *logs, UnitLog *u) {
        HASH_DEL(logs->by_name, u);
        free(u->name);
        free(u->invocation);
        free(u->slice);
        free(u->cgroup);
        strv_free(u->extra);
        free(u);
}

void unit_logs_release(UnitLogs *logs) {
        UnitLog *u, *next;

        HASH_ITER (hh, logs->by_name, u, next)
                unit_log_free(logs, u);
}

/* Many names, most of them of units that are gone: what is still wanted is learned again. */
static void make_room(UnitLogs *logs) {
        if (HASH_COUNT(logs->by_name) >= UNIT_LOGS_MAX)
                unit_logs_release(logs);
}

static UnitLog *unit_log_new(UnitLogs *logs, const char *name) {
        UnitLog *u;

        make_room(logs);
        u = calloc(1, sizeof(*u));
        if (!u)
                return NULL;
        u->name = strdup(name);
        if (u->name)
                HASH_ADD_KEYPTR(hh, logs->by_name, u->name, strlen(u->name), u);
        if (!u->name || !u->hh.tbl) {
                free(u->name);
                free(u);
                return NULL;
        }
        return u;
}

UnitLog *unit_log_learn(UnitLogs *logs, const StreamInfo *info, bool is_of_stream) {
        UnitLog *u = unit_log_find(logs, info->unit);

        if (!u && info->unit)
                u = unit_log_new(logs, info->unit);
        if (!u)
                return NULL;
        (void)str_replace(&u->invocation, info->invocation);
        (void)str_replace(&u->slice, info->slice);
        (void)str_replace(&u->cgroup, info->cgroup);
        strv_free(TAKE(u->extra));
        (void)strv_copy(info->extra, &u->extra);
        u->level_max = info->level_max;
        u->rate_interval = info->rate_interval;
        u->rate_burst = info->rate_burst;
        u->is_of_stream = is_of_stream;
        return u;
}

bool unit_log_count(UnitLog *u, uint64_t monotonic, uint64_t *ret_dropped) {
        *ret_dropped = 0;
        if (!u || u->rate_interval == 0 || u->rate_burst == 0)
                return true;
        if (u->rate_begin == 0 || monotonic - u->rate_begin >= u->rate_interval) {
                u->rate_begin = monotonic;
                u->rate_count = 0;
        }
        if (u->rate_count++ >= u->rate_burst) {
                u->rate_dropped++;
                return false;
        }
        *ret_dropped = TAKE(u->rate_dropped);
        return true;
}
