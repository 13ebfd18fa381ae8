/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Docker's default: 14 capabilities and a filter without namespaces, mounts and clone3. */

#include "rig.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const unsigned char kept[] = { CAP_CHOWN,       CAP_DAC_OVERRIDE,    CAP_FSETID,     CAP_FOWNER,
                                      CAP_MKNOD,       CAP_NET_RAW,         CAP_SETGID,     CAP_SETUID,
                                      CAP_SETFCAP,     CAP_SETPCAP,         CAP_SYS_CHROOT, CAP_KILL,
                                      CAP_AUDIT_WRITE, CAP_NET_BIND_SERVICE };
static const unsigned denied[] = {
        SYS_mount,         SYS_umount2,         SYS_pivot_root,   SYS_unshare,       SYS_setns,
        SYS_sethostname,   SYS_setdomainname,   SYS_reboot,       SYS_init_module,   SYS_finit_module,
        SYS_delete_module, SYS_keyctl,          SYS_add_key,      SYS_request_key,   SYS_ptrace,
        SYS_bpf,           SYS_perf_event_open, SYS_move_mount,   SYS_open_tree,     SYS_fsopen,
        SYS_fsconfig,      SYS_fsmount,         SYS_fspick,       SYS_mount_setattr, SYS_settimeofday,
        SYS_clock_settime, SYS_quotactl,        SYS_swapon,       SYS_swapoff,       SYS_userfaultfd,
        SYS_mbind,         SYS_get_mempolicy,   SYS_set_mempolicy
};

#define NAMESPACE_FLAGS 0x7E020000u

static void filter(void) {
        struct sock_filter f[2 * sizeof(denied) / sizeof(denied[0]) + 16];
        unsigned short n = 0;

        f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
        for (unsigned i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
                f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied[i], 0, 1);
                f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
        }
        f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
        f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
        f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3);
        f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                              offsetof(struct seccomp_data, args[0]));
        f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACE_FLAGS, 0, 1);
        f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
        f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        struct sock_fprog prog = { n, f };

        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
                die("seccomp");
}

static uint64_t wanted(const Boot *b) {
        uint64_t mask = 0;

        for (unsigned i = 0; i < sizeof(kept) && !b->cap_drop_all; i++)
                mask |= 1ull << kept[i];
        return mask;
}

static void set_caps(uint64_t effective) {
        struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
        struct __user_cap_data_struct d[2] = { { (uint32_t)effective, (uint32_t)effective, 0 },
                                               { (uint32_t)(effective >> 32), (uint32_t)(effective >> 32),
                                                 0 } };

        if (syscall(SYS_capset, &h, d) < 0)
                die("capset");
}

void drop_privileges(const Boot *b) {
        uint64_t mask = wanted(b);

        if (b->docker)
                filter();
        if (b->docker || b->cap_drop_all)
                for (unsigned c = 0; c < 64; c++)
                        if (!(mask & (1ull << c)) && prctl(PR_CAPBSET_DROP, c, 0, 0, 0) < 0 &&
                            errno != EINVAL)
                                die("bounding set");
        if (b->uid > 0) {
                if (setgroups(0, NULL) < 0 || setgid(b->uid) < 0 || setuid(b->uid) < 0)
                        die("uid");
        } else if (b->docker || b->cap_drop_all)
                set_caps(mask);
}
