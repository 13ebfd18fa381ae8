/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/tree-watch.h"

#include "host/watcher.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include <utlist.h>

#define ENTRIES_AT_ONCE 512 /* of directories, in one turn of the loop */

#define DIRECTORY_MASK                                                                                       \
        (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF |             \
         IN_MOVE_SELF | IN_ONLYDIR)
#define FILE_MASK (IN_CLOSE_WRITE | IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF)

typedef struct Node {
        WatchListener listener; /* first */
        TreeWatch *tree;
        size_t root_length; /* of the part of the path that was given */
        struct Node *prev, *next;
        char path[];
} Node;

/* A path as it was given, and what stood there when it was read. */
typedef struct TreeRoot {
        char *path; /* owned */
        dev_t device;
        ino_t inode; /* 0: nothing */
} TreeRoot;

struct TreeWatch {
        WatchClient client; /* first */
        TreeHandler handler;
        void *userdata;
        TreeRoot *roots; /* owned */
        size_t n_roots;
        char **ignored; /* owned */
        usec_t quiet, last_heard;
        FileWatch *ways; /* to the roots */
        Node *nodes;     /* in the order found: those before `unread` have been read */
        Node *unread;
        size_t n_directories;
        DIR *reading;          /* of `unread` */
        sd_event_source *work; /* enabled while there is something to read */
        sd_event_source *timer;
        char *changed; /* owned; the first path that did; NULL: nothing since it was told */
        bool stale;    /* directories came or went */
        bool limited;  /* told that it is too large, since the last reading */
};

const char *const tree_usually_ignored[] = {
        ".*", "node_modules", "__pycache__", "*.log", "*.pid", "*~", NULL
};

static bool is_ignored(const TreeWatch *t, const Node *directory, const char *name) {
        char below[PATH_MAX];

        (void)snprintf(below, sizeof(below), "%s/%s", directory->path + directory->root_length, name);
        STRV_FOREACH (p, t->ignored) {
                const char *what = **p == '/' ? below : strchr(*p, '/') ? below + 1 : name;

                if (fnmatch(*p, what, FNM_PATHNAME) == 0)
                        return true;
        }
        return false;
}

static void node_free(Node *n) {
        listener_stop(&n->listener);
        free(n);
}

static void drop_nodes(TreeWatch *t) {
        Node *n, *next;

        if (t->reading)
                closedir(TAKE(t->reading));
        DL_FOREACH_SAFE (t->nodes, n, next)
                node_free(n);
        t->nodes = t->unread = NULL;
        t->n_directories = 0;
}

static void tell_limit(TreeWatch *t, const char *path, int error) {
        if (t->limited)
                return;
        t->limited = true;
        t->handler(TREE_TOO_LARGE, path, error, t->userdata);
}

/* Heard of in the first round, where nothing else may be changed. */
static void hear(WatchListener *listener, const struct inotify_event *ev) {
        Node *n = (Node *)listener;
        TreeWatch *t = n->tree;
        bool own = ev->len == 0;

        if (ev->mask & IN_IGNORED)
                return;
        if (!(ev->mask & IN_Q_OVERFLOW) && !own && is_ignored(t, n, ev->name))
                return;
        if ((ev->mask & IN_Q_OVERFLOW) || (ev->mask & (own ? IN_DELETE_SELF | IN_MOVE_SELF : IN_ISDIR)))
                t->stale = true;
        if (!t->changed && str_printf(&t->changed, own ? "%s%s" : "%s/%s", n->path, own ? "" : ev->name) < 0)
                t->changed = NULL; /* the next one, then */
        watch_client_wake(listener->client);
}

static int add_node(TreeWatch *t, const char *path, size_t root_length, uint32_t mask) {
        Node *n = calloc(1, sizeof(*n) + strlen(path) + 1);
        int r;

        if (!n)
                return -ENOMEM;
        n->listener = (WatchListener){ .client = &t->client, .mask = mask, .hear = hear };
        n->tree = t;
        n->root_length = root_length;
        strcpy(n->path, path);
        r = listener_start(&n->listener, path);
        if (r < 0) {
                free(n);
                return r;
        }
        DL_APPEND(t->nodes, n);
        if (mask & IN_ONLYDIR) {
                t->n_directories++;
                if (!t->unread)
                        t->unread = n;
        }
        return 0;
}

static void add_directory(TreeWatch *t, const char *path, size_t root_length) {
        int r = t->n_directories >= TREE_DIRECTORIES_MAX ? -E2BIG
                                                         : add_node(t, path, root_length, DIRECTORY_MASK);

        if (r < 0 && r != -ENOENT && r != -ENOTDIR)
                tell_limit(t, path, r);
}

static void add_root(TreeWatch *t, TreeRoot *root) {
        struct stat st;

        root->inode = 0;
        if (stat(root->path, &st) < 0)
                return;
        root->device = st.st_dev;
        root->inode = st.st_ino;
        if (S_ISDIR(st.st_mode)) {
                add_directory(t, root->path, strlen(root->path));
        } else {
                int r = add_node(t, root->path, strlen(root->path), FILE_MASK);

                if (r < 0 && r != -ENOENT)
                        tell_limit(t, root->path, r);
        }
}

static bool is_directory(const Node *in, int fd, const struct dirent *e) {
        struct stat st;

        if (e->d_type != DT_UNKNOWN)
                return e->d_type == DT_DIR;
        return fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) >= 0 && S_ISDIR(st.st_mode);
}

/* One directory, as far as `*budget` goes. */
static bool read_some(TreeWatch *t, unsigned *budget) {
        Node *n = t->unread;
        char path[PATH_MAX];
        struct dirent *e;

        if (!t->reading)
                t->reading = opendir(n->path);
        while (t->reading && *budget > 0 && (e = readdir(t->reading))) {
                --*budget;
                if (str_equal(e->d_name, ".") || str_equal(e->d_name, "..") ||
                    !is_directory(n, dirfd(t->reading), e) || is_ignored(t, n, e->d_name))
                        continue;
                if (snprintf(path, sizeof(path), "%s/%s", n->path, e->d_name) < (int)sizeof(path))
                        add_directory(t, path, n->root_length);
        }
        if (*budget == 0)
                return false;
        if (t->reading)
                closedir(TAKE(t->reading));
        return true;
}

/* Files among the nodes are nothing to read. */
static Node *next_directory(Node *n) {
        do
                n = n->next;
        while (n && !(n->listener.mask & IN_ONLYDIR));
        return n;
}

static void tell_change(TreeWatch *t) {
        char *changed auto_free = TAKE(t->changed);

        t->handler(TREE_CHANGED, changed, 0, t->userdata);
}

static int on_work(sd_event_source *s, void *userdata) {
        TreeWatch *t = userdata;
        unsigned budget = ENTRIES_AT_ONCE;

        while (t->unread && budget > 0)
                if (read_some(t, &budget)) {
                        t->unread = next_directory(t->unread);
                        budget -= budget > 0;
                }
        if (t->unread)
                (void)sd_event_source_set_enabled(t->work, SD_EVENT_ONESHOT);
        else if (t->last_heard == 0 && t->changed)
                tell_change(t); /* the quiet has been waited for */
        return 0;
}

static void read_all(TreeWatch *t) {
        drop_nodes(t);
        t->stale = t->limited = false;
        for (size_t i = 0; i < t->n_roots; i++)
                add_root(t, t->roots + i);
        (void)sd_event_source_set_enabled(t->work, SD_EVENT_ONESHOT);
}

static usec_t now_of(const TreeWatch *t) {
        uint64_t now = 0;

        (void)sd_event_now(sd_event_source_get_event(t->timer), CLOCK_MONOTONIC, &now);
        return now;
}

static void wait_for_quiet(TreeWatch *t, usec_t until) {
        if (sd_event_source_set_time(t->timer, until) >= 0)
                (void)sd_event_source_set_enabled(t->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        TreeWatch *t = userdata;
        usec_t end = usec_add(t->last_heard, t->quiet);

        if (end > now_of(t)) {
                wait_for_quiet(t, end);
                return 0;
        }
        t->last_heard = 0;
        if (t->stale)
                read_all(t); /* new directories are watched before anybody looks at what is in them */
        else if (t->changed && !t->unread)
                tell_change(t);
        return 0;
}

/* The timer is not set anew for each of a thousand events: when it elapses it looks at the last. */
static void note_change(TreeWatch *t) {
        bool waits = t->last_heard != 0;

        t->last_heard = MAX(now_of(t), (usec_t)1);
        if (!waits)
                wait_for_quiet(t, usec_add(t->last_heard, t->quiet));
}

static void act(WatchClient *client) {
        note_change((TreeWatch *)client);
}

/* Something moved on the way to a root, or its mode was changed: has it become another? */
static void on_way(FileWatch *w, void *userdata) {
        TreeWatch *t = userdata;

        for (size_t i = 0; i < t->n_roots; i++) {
                TreeRoot *root = t->roots + i;
                struct stat st;
                bool there = stat(root->path, &st) >= 0;

                if (there ? st.st_ino == root->inode && st.st_dev == root->device : root->inode == 0)
                        continue;
                t->stale = true;
                if (!t->changed)
                        t->changed = strdup(root->path);
                note_change(t);
        }
}

static int watch_ways(TreeWatch *t, Watcher *watcher) {
        PathWatch *watches auto_free = calloc(t->n_roots + 1, sizeof(*watches));

        if (!watches)
                return -ENOMEM;
        for (size_t i = 0; i < t->n_roots; i++)
                watches[i] = (PathWatch){ .kind = PATH_EXISTS, .path = t->roots[i].path };
        return path_watch_new(watcher, &(PathSpec){ .watches = watches, .n_watches = t->n_roots }, on_way, t,
                              &t->ways);
}

static int take_options(TreeWatch *t, const TreeOptions *o) {
        t->roots = calloc(strv_length(o->paths) + 1, sizeof(*t->roots));
        if (!t->roots)
                return -ENOMEM;
        STRV_FOREACH (p, o->paths) {
                t->roots[t->n_roots].path = strdup(*p);
                if (!t->roots[t->n_roots++].path)
                        return -ENOMEM;
        }
        STRV_FOREACH (p, o->ignored ? o->ignored : (char *const *)tree_usually_ignored) {
                int r = strv_add(&t->ignored, *p);

                if (r < 0)
                        return r;
        }
        t->quiet = MAX(o->quiet, (usec_t)1);
        return 0;
}

static int make_sources(TreeWatch *t, sd_event *event) {
        int r = sd_event_add_defer(event, &t->work, on_work, t);

        if (r >= 0)
                r = sd_event_source_set_priority(t->work, SD_EVENT_PRIORITY_IDLE);
        if (r >= 0)
                r = sd_event_source_set_enabled(t->work, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time(event, &t->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_timer, t);
        return r >= 0 ? sd_event_source_set_enabled(t->timer, SD_EVENT_OFF) : r;
}

int tree_watch_new(sd_event *event, Watcher *watcher, const TreeOptions *o, TreeHandler handler,
                   void *userdata, TreeWatch **ret) {
        TreeWatch *t = calloc(1, sizeof(*t));
        int r;

        if (!t)
                return -ENOMEM;
        *t = (TreeWatch){ .client = { .watcher = watcher, .act = act },
                          .handler = handler,
                          .userdata = userdata };
        r = take_options(t, o);
        if (r >= 0)
                r = make_sources(t, event);
        if (r >= 0)
                r = watch_ways(t, watcher);
        if (r < 0) {
                tree_watch_free(t);
                return r;
        }
        read_all(t);
        *ret = t;
        return 0;
}

void tree_watch_free(TreeWatch *t) {
        if (!t)
                return;
        drop_nodes(t);
        file_watch_free(t->ways);
        watch_client_release(&t->client);
        sd_event_source_disable_unref(t->work);
        sd_event_source_disable_unref(t->timer);
        for (size_t i = 0; i < t->n_roots; i++)
                free(t->roots[i].path);
        free(t->roots);
        strv_free(t->ignored);
        free(t->changed);
        free(t);
}
