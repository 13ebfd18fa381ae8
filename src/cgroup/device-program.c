/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The program that decides about devices in a group of v2: bpf(2), section
 * "BPF_PROG_TYPE_CGROUP_DEVICE". A few instructions for each rule, from the
 * first to the first that fits:
 *
 *      r2 = type, r3 = what is wanted, r4 = major, r5 = minor
 *      for each rule: unless all of it fits go on to the next; return 1
 *      return 0
 */

#include "cgroup/internal.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RULE_LENGTH_MAX 8
#define HEAD_LENGTH 6
#define TAIL_LENGTH 2

static struct bpf_insn instruction(int code, int target, int source, int offset, int value) {
        return (struct bpf_insn){ .code = (uint8_t)code,
                                  .dst_reg = (uint8_t)(target & 0xf),
                                  .src_reg = (uint8_t)(source & 0xf),
                                  .off = (int16_t)offset,
                                  .imm = value };
}

static struct bpf_insn load_word(int target, size_t offset) {
        return instruction(BPF_LDX | BPF_MEM | BPF_W, target, BPF_REG_1, (int)offset, 0);
}

static struct bpf_insn with_number(int operation, int target, int value) {
        return instruction(BPF_ALU | BPF_K | operation, target, 0, 0, value);
}

/* The offset is filled in when the end of the rule is known. */
static struct bpf_insn leave_unless_equal(int source, int value) {
        return instruction(BPF_JMP | BPF_JNE | BPF_K, source, 0, 0, value);
}

static size_t add_answer(struct bpf_insn *p, int answer) {
        p[0] = instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, answer);
        p[1] = instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
        return 2;
}

static size_t add_rule(struct bpf_insn *p, const DeviceRule *rule) {
        int denied = (int)(DEVICE_ALL & ~rule->access);
        size_t n = 0, checks;

        p[n++] = leave_unless_equal(BPF_REG_2, rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
        if (denied) {
                p[n++] = instruction(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_3, 0, 0);
                p[n++] = with_number(BPF_AND, BPF_REG_1, denied);
                p[n++] = leave_unless_equal(BPF_REG_1, 0);
        }
        if (rule->major != DEVICE_ANY)
                p[n++] = leave_unless_equal(BPF_REG_4, rule->major);
        if (rule->minor != DEVICE_ANY)
                p[n++] = leave_unless_equal(BPF_REG_5, rule->minor);
        checks = n;
        n += add_answer(p + n, 1);
        for (size_t i = 0; i < checks; i++)
                if (BPF_CLASS(p[i].code) == BPF_JMP)
                        p[i].off = (int16_t)(n - i - 1);
        return n;
}

static size_t assemble(struct bpf_insn *p, const DeviceRules *rules) {
        size_t n = 0;

        p[n++] = load_word(BPF_REG_2, offsetof(struct bpf_cgroup_dev_ctx, access_type));
        p[n++] = instruction(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
        p[n++] = with_number(BPF_AND, BPF_REG_2, 0xffff);
        p[n++] = with_number(BPF_RSH, BPF_REG_3, 16);
        p[n++] = load_word(BPF_REG_4, offsetof(struct bpf_cgroup_dev_ctx, major));
        p[n++] = load_word(BPF_REG_5, offsetof(struct bpf_cgroup_dev_ctx, minor));
        for (size_t i = 0; i < rules->n; i++)
                n += add_rule(p + n, rules->v + i);
        return n + add_answer(p + n, 0);
}

static int call_bpf(int command, union bpf_attr *attr) {
        long r = syscall(SYS_bpf, command, attr, sizeof(*attr));

        return r < 0 ? -errno : (int)r;
}

int device_program_load(const DeviceRules *rules) {
        struct bpf_insn *code auto_free = NULL;
        union bpf_attr attr;

        _Static_assert((int)DEVICE_MAKE == (int)BPF_DEVCG_ACC_MKNOD &&
                               (int)DEVICE_READ == (int)BPF_DEVCG_ACC_READ &&
                               (int)DEVICE_WRITE == (int)BPF_DEVCG_ACC_WRITE,
                       "the bits are the kernel's");
        code = calloc(HEAD_LENGTH + rules->n * RULE_LENGTH_MAX + TAIL_LENGTH, sizeof(*code));
        if (!code)
                return -ENOMEM;
        memset(&attr, 0, sizeof(attr)); /* the kernel wants what it does not know to be 0 */
        attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
        attr.insn_cnt = (uint32_t)assemble(code, rules);
        attr.insns = (uint64_t)(uintptr_t)code;
        attr.license = (uint64_t)(uintptr_t) "LGPL-2.1-or-later";
        memcpy(attr.prog_name, "svinit_devices", sizeof("svinit_devices"));
        return call_bpf(BPF_PROG_LOAD, &attr);
}

/* Groups below may have programs of their own: what all allow is allowed. */
int device_program_attach(int group_fd, int program) {
        union bpf_attr attr;

        memset(&attr, 0, sizeof(attr));
        attr.target_fd = (uint32_t)group_fd;
        attr.attach_bpf_fd = (uint32_t)program;
        attr.attach_type = BPF_CGROUP_DEVICE;
        attr.attach_flags = BPF_F_ALLOW_MULTI;
        return call_bpf(BPF_PROG_ATTACH, &attr);
}

int device_program_detach(int group_fd, int program) {
        union bpf_attr attr;

        memset(&attr, 0, sizeof(attr));
        attr.target_fd = (uint32_t)group_fd;
        attr.attach_bpf_fd = (uint32_t)program;
        attr.attach_type = BPF_CGROUP_DEVICE;
        return call_bpf(BPF_PROG_DETACH, &attr);
}
