/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Credentials: where they come from, who may read them, what is refused. */

#include "exec-world.h"

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

static char place[160];

static void remove_place(void) {
        char command[256];

        (void)umount2(place, MNT_DETACH | UMOUNT_NOFOLLOW);
        snprintf(command, sizeof(command), "rm -rf '%s' /dev/shm/svinit-%u/a.service", place,
                 (unsigned)geteuid());
        assert_int_equal(system(command), 0);
}

static void load(World *w, const char *lines) {
        spec_free(TAKE(w->spec));
        assert_int_equal(spec_new("a.service", &w->spec), 0);
        world_load(w, lines);
        snprintf(place, sizeof(place), "%s/credentials/a.service", w->directory);
        w->plan.credentials_directory = place;
        memset(&w->status, 0, sizeof(w->status));
}

static void expect(World *w, const char *lines, const char *output) {
        load(w, lines);
        world_run(w);
        remove_place();
        expect_exit(w, 0);
        assert_string_equal(w->output.data, output);
}

static void expect_failure(World *w, const char *lines, int error, const char *detail) {
        load(w, lines);
        world_run(w);
        remove_place();
        expect_exit(w, 243);
        assert_true(w->status.failed);
        assert_string_equal(w->status.step, "credentials");
        assert_int_equal(w->status.error, error);
        if (!strstr(w->status.detail, detail))
                fail_msg("%s says nothing of %s", w->status.detail, detail);
}

/* NAME:CONTENTS for each, with escapes for what cannot be printed. */
#define SHOW                                                                                                 \
        "ExecStart=/bin/sh -c 'cd $CREDENTIALS_DIRECTORY; "                                                  \
        "for f in *; do printf \"%%s:\" $f; od -An -c -w64 $f | tr -d \" \\\\n\"; echo; done'\n"

static void values_stand_in_the_unit(void **state) {
        expect(*state, SHOW "SetCredential=a:one\nSetCredential=b:x\\n\\x00\\101\\zy\n",
               "a:one\nb:x\\n\\0A\\zy\n");
}

static void files_and_directories_are_read(void **state) {
        World *w = *state;

        make(w, "file", "secret");
        make(w, "dir", NULL);
        make(w, "dir/one", "1");
        make(w, "dir/sub", NULL);
        make(w, "dir/sub/two", "2");
        expect(w, SHOW "LoadCredential=key:`/file\nLoadCredential=d:`/dir\n",
               "d_one:1\nd_sub_two:2\nkey:secret\n");
}

static void a_value_is_the_default_of_a_file(void **state) {
        World *w = *state;

        make(w, "file", "loaded");
        expect(w,
               SHOW
               "LoadCredential=a:`/file\nSetCredential=a:set\nLoadCredential=b:`/none\nSetCredential=b:set\n",
               "a:loaded\nb:set\n");
        expect_failure(w, SHOW "LoadCredential=b:`/none\n", -ENOENT, "/none");
}

static void names_alone_are_inherited(void **state) {
        World *w = *state;
        char path[128];

        make(w, "given", NULL);
        make(w, "given/app.key", "k");
        make(w, "given/app.cert", "c");
        make(w, "given/other", "o");
        snprintf(path, sizeof(path), "%s/given", w->directory);
        setenv("CREDENTIALS_DIRECTORY", path, 1);
        expect(w, SHOW "LoadCredential=app.key\nLoadCredential=mine:other\nLoadCredential=missing-here\n",
               "app.key:k\nmine:o\n");
        expect(w, SHOW "ImportCredential=app.*\nSetCredential=app.key:set\n", "app.cert:c\napp.key:k\n");
        unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_socket_serves_them(void **state) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX }, peer;
        socklen_t n = sizeof(peer);
        World *w = *state;
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), connection;
        pid_t pid;

        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/socket", w->directory);
        assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
        assert_int_equal(listen(fd, 1), 0);
        pid = fork();
        if (pid == 0) {
                connection = accept(fd, (struct sockaddr *)&peer, &n);
                /* answers with who asked for what, without the random part */
                char *name = memmem(peer.sun_path + 1, sizeof(peer.sun_path) - 1, "/unit/", 6);
                size_t length = (size_t)((char *)&peer + n - name);

                _exit(write(connection, name, length) == (ssize_t)length ? 0 : 1);
        }
        close(fd);
        expect(w, SHOW "LoadCredential=key:`/socket\n", "key:/unit/a.service/key\n");
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void the_size_has_a_limit(void **state) {
        World *w = *state;

        expect_failure(w, SHOW "LoadCredential=big:/dev/zero\n", -E2BIG, "/dev/zero");
}

static void only_the_user_may_read_them(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w,
               "ExecStart=/bin/sh -c 'cd $CREDENTIALS_DIRECTORY && stat -c \"%%a %%U\" . a && cat a; touch b "
               "2>/dev/null || echo no'\n"
               "SetCredential=a:x\nUser=nobody\n",
               "500 nobody\n400 nobody\nxno\n");
}

static void they_lie_in_memory(void **state) {
        World *w = *state;

        NEED_ROOT();
        load(w, "ExecStart=/bin/sh -c 'stat -f -c %%T $CREDENTIALS_DIRECTORY/'\nSetCredential=a:x\n");
        world_run(w);
        remove_place();
        expect_exit(w, 0);
        assert_string_equal(w->output.data, "tmpfs\n");
        assert_string_equal(w->status.unapplied, "");
}

static void later_commands_find_them(void **state) {
        World *w = *state;

        load(w, SHOW "SetCredential=a:first\n");
        world_run(w);
        expect_exit(w, 0);
        load(w, SHOW "SetCredential=a:second\n");
        world_run(w);
        remove_place();
        expect_exit(w, 0);
        assert_string_equal(w->output.data, "a:first\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(values_stand_in_the_unit),
                TEST(files_and_directories_are_read),
                TEST(a_value_is_the_default_of_a_file),
                TEST(names_alone_are_inherited),
                TEST(a_socket_serves_them),
                TEST(the_size_has_a_limit),
                TEST(only_the_user_may_read_them),
                TEST(they_lie_in_memory),
                TEST(later_commands_find_them),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
