/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/watch.h"

#include "host/file-test.h"
#include "host/watcher.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 8
#define LEVELS_MAX 128

#define SELF_MOVED (IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB)
#define CHILD_MOVED (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

/* One directory on the way, or the path itself. */
typedef struct Level {
        WatchListener listener; /* first */
        struct Watched *watched;
        char *name; /* owned; the entry that counts; NULL: every one, and the object itself */
} Level;

typedef struct Watched {
        FileWatch *owner;
        char *path;        /* owned; of a glob the part without wildcards */
        uint32_t mask;     /* for the path itself */
        bool any_movement; /* a glob: what exists below is not ours to know */
        bool is_answer;    /* that it moved is all that is asked */
        bool reached;      /* the path exists */
        bool moved,
                stale; /* heard since the last act: something; something that changes what is to be watched */
        Level *levels[LEVELS_MAX];
        size_t n_levels;
} Watched;

struct FileWatch {
        WatchClient client; /* first */
        FileWatchHandler handler;
        void *userdata;
        Watched *watched;     /* owned */
        const Watched *moved; /* the last that moved and is_answer; NULL */
        size_t n;
};

static void drop_levels(Watched *w) {
        for (size_t i = 0; i < w->n_levels; i++) {
                listener_stop(&w->levels[i]->listener);
                free(w->levels[i]->name);
                free(w->levels[i]);
        }
        w->n_levels = 0;
}

static void hear(WatchListener *listener, const struct inotify_event *ev);

static int add_level(Watched *w, const char *path, uint32_t mask, const char *name) {
        Level *l;
        int r;

        if (w->n_levels >= LEVELS_MAX)
                return -ELOOP;
        l = calloc(1, sizeof(*l));
        if (!l)
                return -ENOMEM;
        *l = (Level){ .listener = { .client = &w->owner->client, .mask = mask, .hear = hear }, .watched = w };
        r = str_replace(&l->name, name);
        if (r >= 0)
                r = listener_start(&l->listener, path);
        if (r < 0) {
                free(l->name);
                free(l);
                return r;
        }
        w->levels[w->n_levels++] = l;
        return 0;
}

/* Gone, not a directory or closed to us: the way ends here for now. */
static bool is_missing(int r) {
        return r == -ENOENT || r == -ENOTDIR || r == -EACCES;
}

static int add_way(Watched *w, const char *path, bool with_leaf, unsigned links);

/* Where a link leads, as a path from the root. NULL: it is gone, or no link any more. */
static int read_target(const char *link, char **ret) {
        char target[PATH_MAX];
        ssize_t n = readlink(link, target, sizeof(target) - 1);
        int above = (int)(strrchr(link, '/') + 1 - link);

        if (n < 0)
                return 0;
        target[n] = 0;
        return target[0] == '/' ? str_replace(ret, target) : str_printf(ret, "%.*s%s", above, link, target);
}

/* Where a symbolic link leads, things may move as well. */
static int add_link_target(Watched *w, const char *link, unsigned links) {
        char *full auto_free = NULL;
        int r = links < LINKS_MAX ? read_target(link, &full) : 0;

        if (r < 0 || !full)
                return r;
        return strlen(full) < PATH_MAX ? add_way(w, full, false, links + 1) : 0;
}

/*
 * One step from `directory` to its entry `name`. A directory whose entry is
 * there tells only its own moves; one whose entry is missing, or a link that
 * can be exchanged, tells its entries' too.
 */
static int add_step(Watched *w, const char *directory, const char *entry, const char *name, unsigned links) {
        struct stat st;
        bool there = lstat(entry, &st) >= 0, is_link = there && S_ISLNK(st.st_mode);
        int r = add_level(w, directory, there && !is_link ? SELF_MOVED : SELF_MOVED | CHILD_MOVED, name);

        if (r < 0)
                return r;
        if (there && lstat(entry, &st) < 0) /* it went between the look and the watch */
                r = add_level(w, directory, CHILD_MOVED, name);
        return r >= 0 && is_link ? add_link_target(w, entry, links) : r;
}

/*
 * Something on the way went between the look and the watch: nobody has asked
 * its directory about it yet. -EAGAIN: it is there again, and the way may lead further.
 */
static int await(Watched *w, const char *entry) {
        const char *slash = strrchr(entry, '/');
        char *directory auto_free = strndup(entry, slash > entry ? (size_t)(slash - entry) : 1);
        struct stat st;
        int r = directory ? add_level(w, directory, SELF_MOVED | CHILD_MOVED, slash + 1) : -ENOMEM;

        if (r == -ENOENT || (r >= 0 && lstat(entry, &st) >= 0))
                return -EAGAIN;
        return r;
}

/* From the root down, so that nothing which appears meanwhile is missed. */
static int add_way(Watched *w, const char *path, bool with_leaf, unsigned links) {
        size_t size = strlen(path) + 2;
        char *directory auto_free = calloc(1, size), *entry auto_free = calloc(1, size);
        const char *p = path + strspn(path, "/");
        int r = 0;

        if (!directory || !entry)
                return -ENOMEM;
        directory[0] = '/';
        while (*p && r >= 0) {
                size_t n = strcspn(p, "/"), length = strlen(entry);

                if (n > NAME_MAX || length + n + 2 > PATH_MAX)
                        return -ENAMETOOLONG;
                entry[length] = '/';
                memcpy(entry + length + 1, p, n);
                r = add_step(w, directory, entry, entry + length + 1, links);
                if (r < 0)
                        break;
                strcpy(directory, entry);
                p += n + strspn(p + n, "/");
        }
        if (r >= 0 && with_leaf) {
                r = add_level(w, directory, w->mask, NULL);
                w->reached = r >= 0;
        }
        if (r == -ENOENT && directory[1])
                r = await(w, directory);
        return is_missing(r) ? 0 : r;
}

#define TRIES 64 /* somebody deletes and makes it as fast as we look: his next step tells of itself */

static int watch_anew(Watched *w) {
        int r = -EAGAIN;

        for (unsigned i = 0; r == -EAGAIN && i < TRIES; i++) {
                drop_levels(w);
                w->reached = false;
                r = add_way(w, w->path, true, 0);
        }
        return r == -EAGAIN ? 0 : r;
}

static bool event_counts(const Level *l, const struct inotify_event *ev) {
        if (ev->mask & IN_IGNORED)
                return false;
        if (ev->len == 0)
                return true; /* the watched object itself */
        /* Hidden files do not count in a directory; on the way a name is what was asked for. */
        return l->name ? str_equal(ev->name, l->name) : ev->name[0] != '.';
}

static void hear(WatchListener *listener, const struct inotify_event *ev) {
        Level *l = (Level *)listener;

        if (!(ev->mask & IN_Q_OVERFLOW) && !event_counts(l, ev))
                return;
        l->watched->moved = true;
        if (l->name || (ev->mask & (SELF_MOVED | IN_Q_OVERFLOW)))
                l->watched->stale = true;
        watch_client_wake(listener->client);
}

/* Errors leave the watches that could be made; the next movement tries again. */
static bool look_anew(Watched *w) {
        bool tell = w->any_movement || w->reached;

        if (!TAKE(w->moved))
                return false;
        if (TAKE(w->stale)) {
                (void)watch_anew(w);
                tell = tell || w->reached;
        }
        return tell;
}

static void act(WatchClient *client) {
        FileWatch *f = (FileWatch *)client;
        bool tell = false;

        for (size_t i = 0; i < f->n; i++)
                if (look_anew(f->watched + i)) {
                        tell = true;
                        if (f->watched[i].is_answer)
                                f->moved = f->watched + i;
                }
        if (tell)
                f->handler(f, f->userdata);
}

static int add_path(FileWatch *f, const char *path, uint32_t mask) {
        Watched *w = f->watched + f->n;

        *w = (Watched){ .owner = f, .mask = mask };
        w->path = strdup(path);
        if (!w->path)
                return -ENOMEM;
        f->n++;
        return 0;
}

static int start(FileWatch *f) {
        for (size_t i = 0; i < f->n; i++) {
                int r = watch_anew(f->watched + i);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int create(Watcher *watcher, size_t n, FileWatchHandler handler, void *userdata, FileWatch **ret) {
        FileWatch *f = calloc(1, sizeof(*f));

        if (!f)
                return -ENOMEM;
        *f = (FileWatch){ .client = { .watcher = watcher, .act = act },
                          .handler = handler,
                          .userdata = userdata };
        f->watched = calloc(n + 1, sizeof(Watched));
        if (!f->watched) {
                free(f);
                return -ENOMEM;
        }
        *ret = f;
        return 0;
}

static int finish(FileWatch *f, int r, FileWatch **ret) {
        if (r >= 0)
                r = start(f);
        if (r < 0) {
                file_watch_free(f);
                return r;
        }
        *ret = f;
        return 0;
}

#define CHANGED (SELF_MOVED | CHILD_MOVED | IN_CLOSE_WRITE)

int file_watch_new(Watcher *watcher, char *const *paths, FileWatchHandler handler, void *userdata,
                   FileWatch **ret) {
        FileWatch *f;
        int r = create(watcher, strv_length(paths), handler, userdata, &f);

        if (r < 0)
                return r;
        STRV_FOREACH (p, paths)
                if (r >= 0)
                        /* A daemon may keep its PID file open after writing it. */
                        r = add_path(f, *p, CHANGED | IN_MODIFY);
        return finish(f, r, ret);
}

/* Up to the component with the first wildcard. */
static void cut_at_wildcard(char *path) {
        size_t n = strcspn(path, "*?[{");

        if (path[n] == 0)
                return;
        path[n] = 0;
        strrchr(path, '/')[1] = 0;
}

int path_watch_new(Watcher *watcher, const PathSpec *p, FileWatchHandler handler, void *userdata,
                   FileWatch **ret) {
        static const uint32_t masks[PATH_KIND_MAX] = {
                [PATH_EXISTS] = SELF_MOVED,
                [PATH_EXISTS_GLOB] = SELF_MOVED | CHILD_MOVED,
                [PATH_CHANGED] = CHANGED,
                [PATH_MODIFIED] = CHANGED | IN_MODIFY,
                [PATH_DIRECTORY_NOT_EMPTY] = SELF_MOVED | IN_CREATE | IN_MOVED_TO,
        };
        FileWatch *f;
        int r = create(watcher, p->n_watches, handler, userdata, &f);

        if (r < 0)
                return r;
        for (size_t i = 0; r >= 0 && i < p->n_watches; i++) {
                PathKind kind = p->watches[i].kind;

                r = add_path(f, p->watches[i].path, masks[kind]);
                if (r < 0)
                        break;
                f->watched[i].is_answer = kind == PATH_CHANGED || kind == PATH_MODIFIED;
                if (kind == PATH_EXISTS_GLOB) {
                        cut_at_wildcard(f->watched[i].path);
                        f->watched[i].any_movement = true;
                }
        }
        return finish(f, r, ret);
}

void file_watch_free(FileWatch *w) {
        if (!w)
                return;
        for (size_t i = 0; i < w->n; i++) {
                drop_levels(w->watched + i);
                free(w->watched[i].path);
        }
        watch_client_release(&w->client);
        free(w->watched);
        free(w);
}

const char *path_watch_moved(const FileWatch *w) {
        return w && w->moved ? w->moved->path : NULL;
}

void path_watch_forget(FileWatch *w) {
        if (w)
                w->moved = NULL;
}

static bool holds(const PathWatch *w, char **ret_path) {
        if (w->kind == PATH_EXISTS_GLOB)
                return glob_has_match(w->path, ret_path);
        if ((w->kind == PATH_EXISTS && access(w->path, F_OK) >= 0) ||
            (w->kind == PATH_DIRECTORY_NOT_EMPTY && directory_has_entries(w->path))) {
                if (ret_path)
                        *ret_path = strdup(w->path);
                return true;
        }
        return false;
}

bool path_watch_holds(const PathSpec *p, char **ret_path) {
        for (size_t i = 0; i < p->n_watches; i++)
                if (holds(p->watches + i, ret_path))
                        return true;
        return false;
}
