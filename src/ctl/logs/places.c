/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Directories of journals that come while one follows: /var/log/journal is
 * made, or a volume's directory appears there, and svinit-journald goes on in
 * it. sd-journal hears only of what comes into directories that were there
 * when it was opened, so then it is opened again and goes on behind the entry
 * it had come to.
 */

#include "ctl/logs/logs.h"

#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static const char *const places[] = { "/run/log/journal", "/var/log/journal" };

/* All that leads there, from the root on: what comes after it was looked for is told of. */
static bool is_there(int fd, const char *place) {
        char path[32] = "/";

        for (const char *p = place; p; p = strchr(p + 1, '/')) {
                if (p > place)
                        snprintf(path, sizeof(path), "%.*s", (int)(p - place), place);
                if (inotify_add_watch(fd, path, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0)
                        return false;
        }
        return access(place, F_OK) >= 0;
}

static unsigned count(int fd) {
        unsigned n = 0;

        for (size_t i = 0; i < ELEMENTSOF(places); i++)
                n += is_there(fd, places[i]);
        return n;
}

void logs_places_watch(Logs *l) {
        if (l->o->files || l->o->directory || !str_equal(ctl_runtime_dir(l->c), "/run"))
                return;
        l->places_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        l->n_places = l->places_fd >= 0 ? count(l->places_fd) : 0;
        if (l->n_places == ELEMENTSOF(places))
                fd_release(&l->places_fd);
}

void logs_places_remember(Logs *l) {
        char *cursor = NULL;

        if (l->places_fd < 0 || sd_journal_get_cursor(l->j, &cursor) < 0)
                return;
        free(l->place);
        l->place = cursor;
}

/* Matches and all are as they were; 1: it stands on an entry that has not been shown. */
static int go_on(Logs *l) {
        int r;

        (void)sd_journal_set_data_threshold(l->j, 0);
        r = sd_journal_get_fd(l->j);
        if (r >= 0)
                r = l->is_later ? logs_match(l, NULL, l->later_matches) : logs_match(l, l->units, l->matches);
        if (r >= 0)
                r = l->place ? sd_journal_seek_cursor(l->j, l->place) : sd_journal_seek_head(l->j);
        if (r >= 0)
                r = sd_journal_next(l->j);
        return r > 0 && l->place && sd_journal_test_cursor(l->j, l->place) > 0 ? sd_journal_next(l->j) : r;
}

int logs_places_changed(Logs *l) {
        char events[4096];
        sd_journal *before = l->j;
        unsigned n;
        int r;

        while (read(l->places_fd, events, sizeof(events)) > 0)
                ;
        n = count(l->places_fd);
        if (n <= l->n_places)
                return 0;
        l->j = NULL;
        r = logs_open(l);
        if (r < 0) { /* tried again with the next change */
                l->j = before;
                return 0;
        }
        sd_journal_close(before);
        l->n_places = n;
        return go_on(l);
}
