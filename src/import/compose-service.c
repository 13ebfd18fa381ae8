/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/compose.h"

#include <errno.h>
#include <stdlib.h>

void compose_set_text(ComposeService *s, const char *key, Node *n) {
        char *text auto_free = NULL;

        if (compose_text(s->all, n, &text) < 0)
                s->all->import->error = -ENOMEM;
        else if (text)
                draft_text(s->draft, "Service", key, text);
}

static void set_words(ComposeService *s, const char *key, Node *n) {
        char **words auto_strv = NULL;
        int r = compose_texts(s->all, n, &words);

        if (r == -EINVAL)
                draft_drop(s->draft, "line %u: a list of words was expected", node_line(n));
        else if (r < 0)
                s->all->import->error = r;
        else if (words)
                draft_words(s->draft, "Service", key, words);
}

/* Docker starts again after 100 ms, twice as long each time up to a minute; ten seconds up begin anew. */
void compose_set_restart(ComposeService *s, const char *policy) {
        const char *most = str_after(policy, "on-failure:");
        unsigned n;

        if (draft_has(s->draft, "Service", "Restart"))
                return;
        if (str_equal(policy, "no")) {
                draft_set(s->draft, "Service", "Restart", "no");
                return;
        }
        if (!str_equal(policy, "always") && !str_equal(policy, "unless-stopped") &&
            !str_starts_with(policy, "on-failure")) {
                draft_drop(s->draft,
                           "restart: %s, which is none of no, always, unless-stopped and on-failure[:N]",
                           policy);
                return;
        }
        draft_set(s->draft, "Service", "Restart",
                  str_starts_with(policy, "on-failure") ? "on-failure" : "always");
        draft_set(s->draft, "Service", "RestartSec", "100ms");
        draft_set(s->draft, "Service", "RestartMaxDelaySec", "1min");
        draft_set(s->draft, "Service", "X-BackoffFactor", "2");
        draft_set(s->draft, "Service", "X-StableSec", "10s");
        if (most && parse_unsigned(most, &n) >= 0) {
                draft_set(s->draft, "Unit", "StartLimitIntervalSec", "infinity");
                draft_setf(s->draft, "Unit", "StartLimitBurst", "%u", n + 1);
        } else {
                draft_set(s->draft, "Unit", "StartLimitIntervalSec", "0");
        }
}

void compose_take_restart(ComposeService *s, Node *n) {
        char *policy auto_free = NULL;
        bool value;

        if (node_bool(n, &value) >= 0 || compose_text(s->all, n, &policy) < 0 || !policy) {
                draft_drop(s->draft, "restart (line %u): \"no\" in quotes was expected, or another policy",
                           node_line(n));
                return;
        }
        compose_set_restart(s, policy);
}

static void take_user(ComposeService *s, Node *n) {
        char *text auto_free = NULL, *group;

        if (compose_text(s->all, n, &text) < 0) {
                s->all->import->error = -ENOMEM;
                return;
        }
        group = text ? strchr(text, ':') : NULL;
        if (group)
                *group++ = 0;
        if (text && *text)
                draft_text(s->draft, "Service", "User", text);
        if (group)
                draft_text(s->draft, "Service", "Group", group);
}

static void take_groups(ComposeService *s, Node *n) {
        set_words(s, "SupplementaryGroups", n);
}

static void take_working_dir(ComposeService *s, Node *n) {
        compose_set_text(s, "WorkingDirectory", n);
}

static void take_stop_signal(ComposeService *s, Node *n) {
        compose_set_text(s, "KillSignal", n);
}

static void take_cpuset(ComposeService *s, Node *n) {
        compose_set_text(s, "AllowedCPUs", n);
}

static void take_oom_score(ComposeService *s, Node *n) {
        compose_set_text(s, "OOMScoreAdjust", n);
}

static void take_read_only(ComposeService *s, Node *n) {
        bool value;

        if (node_bool(n, &value) >= 0 && value)
                draft_set(s->draft, "Service", "ProtectSystem", "strict");
}

/* "/run:size=64m" is what TemporaryFileSystem= takes, too. */
static void take_tmpfs(ComposeService *s, Node *n) {
        set_words(s, "TemporaryFileSystem", n);
}

static void add_capabilities(ComposeService *s, Node *n, const char *invert) {
        char **names auto_strv = NULL;
        Buf b auto_buf = { 0 };

        if (compose_texts(s->all, n, &names) < 0)
                return;
        STRV_FOREACH (name, names) {
                if (str_equal(*name, "ALL")) {
                        draft_set(s->draft, "Service", "CapabilityBoundingSet", *invert ? "" : "~");
                        return;
                }
                buf_addf(&b, "%s%s%s", b.len > 0 ? " " : invert, str_starts_with(*name, "CAP_") ? "" : "CAP_",
                         *name);
        }
        if (b.error < 0)
                s->all->import->error = b.error;
        else if (b.data)
                draft_set(s->draft, "Service", "CapabilityBoundingSet", b.data);
}

static void take_security(ComposeService *s, Node *n) {
        char **options auto_strv = NULL;

        if (compose_texts(s->all, n, &options) < 0)
                return;
        STRV_FOREACH (o, options) {
                if (str_equal(*o, "no-new-privileges") || str_equal(*o, "no-new-privileges:true") ||
                    str_equal(*o, "no-new-privileges=true"))
                        draft_set(s->draft, "Service", "NoNewPrivileges", "yes");
                else
                        draft_drop(s->draft, "security_opt %s: it is of the container", *o);
        }
}

static void take_cap_add(ComposeService *s, Node *n) {
        draft_drop(s->draft, "cap_add (line %u): a unit has all capabilities of the container", node_line(n));
}

static void take_cap_drop(ComposeService *s, Node *n) {
        Node *add = map_get(&s->all->tree, s->node, "cap_add");
        char **names auto_strv = NULL;

        if (add && compose_texts(s->all, n, &names) >= 0 && names && str_equal(names[0], "ALL"))
                add_capabilities(s, add, "");
        else
                add_capabilities(s, n, "~");
}

static void take_profiles(ComposeService *s, Node *n) {
        draft_remark(s->draft, "of the profiles in line %u: started when it is asked for, or with --profile=",
                     node_line(n));
}

static void take_nothing(ComposeService *s, Node *n) {
        (void)s;
        (void)n;
}

typedef struct ComposeKey {
        const char *key;
        void (*take)(ComposeService *s, Node *n);
        const char *why; /* it is dropped */
} ComposeKey;

#define OF_THE_CONTAINER "it is of the container"
#define OF_THE_NETWORK "all services share the network of the container"
#define OF_THE_IMAGE "what images hold belongs into the one image"

static const ComposeKey keys[] = {
        { "annotations", NULL, OF_THE_CONTAINER },
        { "attach", NULL, "what a service writes is in the journal" },
        { "blkio_config", NULL, "the files differ by device: IOReadBandwidthMax= and its kin" },
        { "build", NULL, OF_THE_IMAGE },
        { "cap_add", take_cap_add, NULL },
        { "cap_drop", take_cap_drop, NULL },
        { "cgroup", NULL, OF_THE_CONTAINER },
        { "cgroup_parent", NULL, "Slice= says where a unit belongs" },
        { "command", take_nothing, NULL },
        { "configs", NULL, "LoadCredential= gives files to a unit" },
        { "container_name", NULL, "a unit has one name" },
        { "cpu_count", compose_take_cpus, NULL },
        { "cpu_shares", compose_take_cpu_shares, NULL },
        { "cpus", compose_take_cpus, NULL },
        { "cpuset", take_cpuset, NULL },
        { "depends_on", take_nothing, NULL },
        { "deploy", compose_take_deploy, NULL },
        { "develop", NULL, "X-Watch= restarts a unit when files change" },
        { "devices", NULL, OF_THE_CONTAINER },
        { "dns", NULL, OF_THE_NETWORK },
        { "dns_opt", NULL, OF_THE_NETWORK },
        { "dns_search", NULL, OF_THE_NETWORK },
        { "domainname", NULL, OF_THE_CONTAINER },
        { "entrypoint", take_nothing, NULL },
        { "env_file", compose_take_env_file, NULL },
        { "environment", compose_take_environment, NULL },
        { "expose", take_nothing, NULL },
        { "extends", NULL, "write what it takes over into the service itself" },
        { "extra_hosts", NULL, OF_THE_NETWORK },
        { "group_add", take_groups, NULL },
        { "healthcheck", compose_take_healthcheck, NULL },
        { "hostname", NULL, OF_THE_CONTAINER },
        { "image", NULL, OF_THE_IMAGE },
        { "init", take_nothing, NULL },
        { "ipc", NULL, OF_THE_CONTAINER },
        { "isolation", NULL, OF_THE_CONTAINER },
        { "labels", NULL, OF_THE_CONTAINER },
        { "links", NULL, OF_THE_NETWORK },
        { "logging", NULL, "what a service writes is in the journal" },
        { "mac_address", NULL, OF_THE_NETWORK },
        { "mem_limit", compose_take_memory, NULL },
        { "mem_reservation", compose_take_memory_reservation, NULL },
        { "mem_swappiness", NULL, "control groups of version 2 have no such thing" },
        { "memswap_limit", NULL, "MemorySwapMax= is the limit of swap alone" },
        { "network_mode", NULL, OF_THE_NETWORK },
        { "networks", NULL, OF_THE_NETWORK },
        { "oom_kill_disable", NULL, "OOMPolicy= says what follows a kill; it cannot be forbidden" },
        { "oom_score_adj", take_oom_score, NULL },
        { "pid", NULL, OF_THE_CONTAINER },
        { "pids_limit", compose_take_pids, NULL },
        { "platform", NULL, OF_THE_IMAGE },
        { "ports", NULL, "ports are published for the container: all that its services listen to" },
        { "privileged", NULL, OF_THE_CONTAINER },
        { "profiles", take_profiles, NULL },
        { "pull_policy", NULL, OF_THE_IMAGE },
        { "read_only", take_read_only, NULL },
        { "restart", compose_take_restart, NULL },
        { "runtime", NULL, OF_THE_CONTAINER },
        { "scale", NULL, "X-Instances= says how many there are; deploy.replicas is taken" },
        { "secrets", NULL, "LoadCredential= gives files to a unit" },
        { "security_opt", take_security, NULL },
        { "shm_size", NULL, OF_THE_CONTAINER },
        { "stdin_open", NULL, "nobody is at the other end of a service's input" },
        { "stop_grace_period", take_nothing, NULL },
        { "stop_signal", take_stop_signal, NULL },
        { "storage_opt", NULL, OF_THE_CONTAINER },
        { "sysctls", NULL, OF_THE_CONTAINER },
        { "tmpfs", take_tmpfs, NULL },
        { "tty", NULL, "StandardInput=tty and TTYPath= give a unit a terminal" },
        { "ulimits", compose_take_ulimits, NULL },
        { "user", take_user, NULL },
        { "userns_mode", NULL, OF_THE_CONTAINER },
        { "uts", NULL, OF_THE_CONTAINER },
        { "volumes", NULL, "files are where the container has them; BindPaths= puts them elsewhere" },
        { "volumes_from", NULL, "all services have the files of the container" },
        { "working_dir", take_working_dir, NULL },
};

static const ComposeKey *find_key(const char *key) {
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (str_equal(keys[i].key, key))
                        return keys + i;
        return NULL;
}

static bool is_started(ComposeService *s) {
        char **profiles auto_strv = NULL;
        Node *n = map_get(&s->all->tree, s->node, "profiles");

        return !n || (s->all->import->profile && compose_texts(s->all, n, &profiles) >= 0 &&
                      strv_contains(profiles, s->all->import->profile));
}

void compose_write_service(ComposeService *s) {
        Map m __attribute__((cleanup(map_release))) = { 0 };
        Node *patience = map_get(&s->all->tree, s->node, "stop_grace_period");

        draft_text(s->draft, "Unit", "Description", s->name);
        compose_write_command(s);
        if (map_read(&s->all->tree, s->node, &m) < 0)
                s->all->import->error = -ENOMEM;
        for (size_t i = 0; i < m.n; i++) {
                const ComposeKey *k = find_key(m.v[i].key);

                if (k && k->take)
                        k->take(s, m.v[i].value);
                else if (!str_starts_with(m.v[i].key, "x-"))
                        draft_drop(s->draft, "%s (line %u): %s", m.v[i].key, node_line(m.v[i].value),
                                   k ? k->why : "compose has no such key");
        }
        /* The signal is for the first process of the container, the end after it for all. */
        draft_set(s->draft, "Service", "KillMode", "mixed");
        if (patience)
                compose_set_text(s, "TimeoutStopSec", patience);
        else
                draft_set(s->draft, "Service", "TimeoutStopSec", "10s");
        if (is_started(s))
                draft_set(s->draft, "Install", "WantedBy", "multi-user.target");
}
