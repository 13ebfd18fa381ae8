/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Ecosystem files are programs. The caller's node runs them, as the caller: so
 * root does so only with files that nobody else could have written. What the
 * program prints goes to stderr; its value comes over a descriptor of its own.
 */

#include "import/pm2.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define VALUE_FD 3

static const char program[] =
        "const path = process.argv[1], fs = require('fs');\n"
        "const load = async () => {\n"
        "  if (path.endsWith('.json'))\n"
        "    return require('vm').runInThisContext('(' + fs.readFileSync(path, 'utf8') + ')', { filename: "
        "path });\n"
        "  if (!path.endsWith('.mjs'))\n"
        "    try { return require(path); } catch (e) { if (e.code !== 'ERR_REQUIRE_ESM') throw e; }\n"
        "  return import(require('url').pathToFileURL(path));\n"
        "};\n"
        "load().then(m => {\n"
        "  const value = m && m.default !== undefined ? m.default : m;\n"
        "  const text = JSON.stringify(value, (k, v) => v instanceof RegExp ? v.source : v);\n"
        "  fs.writeFileSync(3, text === undefined ? 'null' : text);\n"
        "  process.exit(0);\n"
        "}).catch(e => { console.error(e && e.stack || String(e)); process.exit(1); });\n";

/* Could somebody else have written it? The sticky bit of /tmp protects what is there, not what it is replaced by. */
static int check_place(Import *im, const char *path) {
        char *directory auto_free = NULL;
        struct stat file, parent;
        int r = import_directory_of(im, &directory);

        if (r < 0)
                return r;
        if (stat(path, &file) < 0 || stat(directory, &parent) < 0)
                return import_fail(im, 0, "%s cannot be read: %s.", path, strerror(errno));
        if (geteuid() != getuid())
                return import_fail(
                        im, 0,
                        "This file is a program, and svctl runs with more rights than its caller has.");
        if (geteuid() != 0 ||
            (file.st_uid == 0 && parent.st_uid == 0 && !((file.st_mode | parent.st_mode) & 0022)))
                return 0;
        return import_fail(
                im, 0,
                "This file is a program, of uid %u and mode %04o in a directory of uid %u and mode %04o: "
                "root "
                "does not run what others can write. Import it as its owner (runuser -u NAME -- svctl import "
                "pm2 ...), or as JSON.",
                file.st_uid, file.st_mode & 07777, parent.st_uid, parent.st_mode & 07777);
}

static int run(Import *im, const char *path, int out, pid_t *ret) {
        char *argv[] = { "node", "-e", (char *)program, "--", (char *)path, NULL };
        posix_spawn_file_actions_t actions;
        int r;

        if (posix_spawn_file_actions_init(&actions) != 0)
                return -ENOMEM;
        r = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, 2, 1);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, out, VALUE_FD);
        if (r == 0)
                r = posix_spawnp(ret, argv[0], &actions, NULL, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
        if (r == ENOENT)
                return import_fail(im, 0, "This file is a program, and there is no node in $PATH to run it.");
        return r == 0 ? 0 : -r;
}

/* The end that is written to must not be VALUE_FD itself: dup2() onto itself would leave it close-on-exec. */
static int make_pipe(int fds[2]) {
        int high;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        high = fcntl(fds[1], F_DUPFD_CLOEXEC, VALUE_FD + 1);
        if (high < 0)
                return -errno;
        close(fds[1]);
        fds[1] = high;
        return 0;
}

static int evaluate(Import *im, const char *path, Text *ret) {
        Buf b auto_buf = { 0 };
        int fds[2] = { -1, -1 }, r, status = 0;
        pid_t pid = 0;

        r = make_pipe(fds);
        if (r >= 0)
                r = run(im, path, fds[1], &pid);
        fd_release(&fds[1]);
        if (r >= 0)
                r = import_read(fds[0], &b); /* what it says after that much is not read: it gets SIGPIPE */
        fd_release(&fds[0]);
        while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
                continue;
        if (r == -ENOMEM || r == -EBADMSG)
                return r;
        if (r < 0 || status != 0)
                return import_fail(im, 0, "node could not evaluate it%s%s.", r < 0 ? ": " : "",
                                   r < 0 ? strerror(-r) : "");
        ret->len = b.len;
        return buf_take(&b, &ret->data);
}

int pm2_evaluate(Import *im, Text *ret) {
        char *path auto_free = NULL;
        int r = import_absolute(im->directory, im->file, &path);

        if (r >= 0)
                r = check_place(im, path);
        return r < 0 ? r : evaluate(im, path, ret);
}
