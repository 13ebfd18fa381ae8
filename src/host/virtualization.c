/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/virtualization.h"

#include "base/text.h"
#include "host/proc-file.h"

#include <stdio.h>
#include <unistd.h>

/* Of the first pid namespace of a kernel (PROC_PID_INIT_INO). */
#define INITIAL_PID_NAMESPACE "pid:[4026531836]"

static const char *known_word(const char *word) {
        static const char *const known[] = { "docker", "podman", "lxc", "lxc-libvirt", "systemd-nspawn",
                                             "openvz", "rkt",    "wsl", "proot",       "pouch" };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (str_equal(known[i], word))
                        return known[i];
        return NULL;
}

static const char *by_files(void) {
        if (access("/run/.containerenv", F_OK) >= 0)
                return "podman";
        if (access("/.dockerenv", F_OK) >= 0)
                return "docker";
        return NULL;
}

/* "oci" is said by engines that share a runtime: their files tell them apart. */
static const char *by_word(const char *word) {
        if (str_is_empty(word))
                return NULL;
        if (str_equal(word, "oci"))
                return by_files() ?: "container-other";
        return known_word(word) ?: "container-other";
}

/* The variable is given to PID 1; another process may look there if it is allowed to. */
static const char *by_variable(char *const *environment) {
        char text[32768];
        int n;

        if (getpid() == 1)
                return by_word(env_get(environment, "container", strlen("container")));
        n = proc_read("/proc/1/environ", text, sizeof(text));
        for (char *p = text; n > 0 && p < text + n; p += strlen(p) + 1)
                if (str_starts_with(p, "container="))
                        return by_word(p + strlen("container="));
        return NULL;
}

static const char *by_run_file(void) {
        char text[64];

        if (proc_read("/run/systemd/container", text, sizeof(text)) <= 0)
                return NULL;
        text[strcspn(text, "\n")] = 0;
        return by_word(text);
}

static const char *by_cgroup(void) {
        static const struct {
                const char *part, *word;
        } hints[] = {
                { "/docker", "docker" },
                { "/libpod", "podman" },
                { "/lxc", "lxc" },
                { "/kubepods", "container-other" },
                { "/containerd", "container-other" },
        };
        char text[4096];

        if (proc_read("/proc/self/cgroup", text, sizeof(text)) <= 0)
                return NULL;
        for (size_t i = 0; i < ELEMENTSOF(hints); i++)
                if (strstr(text, hints[i].part))
                        return hints[i].word;
        return NULL;
}

static const char *by_namespace(char *const *environment) {
        char target[64];
        ssize_t n;

        if (env_get(environment, "KUBERNETES_SERVICE_HOST", strlen("KUBERNETES_SERVICE_HOST")))
                return "container-other";
        n = readlink("/proc/self/ns/pid", target, sizeof(target) - 1);
        if (n <= 0)
                return NULL;
        target[n] = 0;
        return str_equal(target, INITIAL_PID_NAMESPACE) ? NULL : "container-other";
}

const char *virtualization_container(char *const *environment) {
        const char *found;

        found = by_run_file();
        if (!found)
                found = by_variable(environment);
        if (!found)
                found = by_files();
        if (!found)
                found = by_cgroup();
        if (!found)
                found = by_namespace(environment);
        return found ?: "";
}

const char *virtualization_machine(void) {
        char *line auto_free = NULL;
        size_t capacity = 0;
        bool found = false;
        FILE *f = fopen("/proc/cpuinfo", "re");

        if (!f)
                return "";
        while (!found && getline(&line, &capacity, f) >= 0) {
                if (line[0] == '\n')
                        break; /* the first processor speaks for all */
                found = str_starts_with(line, "flags") && strstr(line, " hypervisor");
        }
        (void)fclose(f);
        return found ? "vm-other" : "";
}
