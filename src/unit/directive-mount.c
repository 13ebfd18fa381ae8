/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * [Mount], [Automount] and [Swap]. Such units load and show what is, but nothing is mounted for them.
 * The three share the fields of MountSpec.
 */

#include "unit/directive-tables.h"

#define MOUNT_LIMIT "The unit shows whether the path is mounted; svinit mounts nothing."
#define AUTOMOUNT_LIMIT "The unit is known, but nothing is mounted on access."
#define SWAP_LIMIT "The unit is known, but swap space is a matter of the machine."

const Directive mount_directives[] = {
        { "Mount", "DirectoryMode", FIELD(mode, mount, directory_mode), .initial = "0755",
          .support = SUPPORT_PARTIAL, .limit = MOUNT_LIMIT,
          .summary = "Access mode of directories that are made." },
        { "Mount", "ForceUnmount", FIELD(boolean, mount, force_unmount), .initial = "no",
          .support = SUPPORT_PARTIAL, .limit = MOUNT_LIMIT, .summary = "Whether unmounting is forced." },
        { "Mount", "LazyUnmount", FIELD(boolean, mount, lazy_unmount), .initial = "no",
          .support = SUPPORT_PARTIAL, .limit = MOUNT_LIMIT,
          .summary = "Whether unmounting waits for nobody." },
        { "Mount", "Options", FIELD(string, mount, options), .support = SUPPORT_PARTIAL, .limit = MOUNT_LIMIT,
          .summary = "Mount options." },
        { "Mount", "ReadWriteOnly", FIELD(boolean, mount, read_write_only), .initial = "no",
          .support = SUPPORT_PARTIAL, .limit = MOUNT_LIMIT,
          .summary = "Whether a read-only mount is a failure." },
        { "Mount", "SloppyOptions", FIELD(boolean, mount, sloppy_options), .initial = "no",
          .support = SUPPORT_PARTIAL, .limit = MOUNT_LIMIT,
          .summary = "Whether unknown options are forgiven." },
        { "Mount", "TimeoutSec", FIELD(timeout, mount, timeout), .initial = "1min 30s",
          .property = "TimeoutUSec", .support = SUPPORT_PARTIAL, .limit = MOUNT_LIMIT,
          .summary = "How long mounting may take." },
        { "Mount", "Type", FIELD(string, mount, fs_type), .support = SUPPORT_PARTIAL, .limit = MOUNT_LIMIT,
          .summary = "The kind of file system." },
        { "Mount", "What", FIELD(string, mount, what), .support = SUPPORT_PARTIAL, .limit = MOUNT_LIMIT,
          .summary = "What is mounted." },
        { "Mount", "Where", FIELD(path, mount, where), .support = SUPPORT_PARTIAL, .limit = MOUNT_LIMIT,
          .summary = "Where it is mounted." },
        { 0 },
};
END_OF_TABLE(mount);

const Directive automount_directives[] = {
        { "Automount", "DirectoryMode", FIELD(mode, mount, directory_mode), .support = SUPPORT_PARTIAL,
          .limit = AUTOMOUNT_LIMIT, .summary = "Access mode of directories that are made." },
        { "Automount", "ExtraOptions", SYNTAX(string), .signature = "s", .support = SUPPORT_IGNORED,
          .limit = AUTOMOUNT_LIMIT, .summary = "Mount options of the automount point." },
        { "Automount", "TimeoutIdleSec", SYNTAX(timespan), .initial = "0", .property = "TimeoutIdleUSec",
          .signature = "t", .support = SUPPORT_IGNORED, .limit = AUTOMOUNT_LIMIT,
          .summary = "After how much idle time it is unmounted." },
        { "Automount", "Where", FIELD(path, mount, where), .support = SUPPORT_PARTIAL,
          .limit = AUTOMOUNT_LIMIT, .summary = "Where it is mounted on access." },
        { 0 },
};
END_OF_TABLE(automount);

const Directive swap_directives[] = {
        { "Swap", "Options", FIELD(string, mount, options), .support = SUPPORT_PARTIAL, .limit = SWAP_LIMIT,
          .summary = "Swap options." },
        { "Swap", "Priority", SYNTAX(integer), .minimum = -1, .maximum = 32767, .initial = "-1",
          .signature = "i", .support = SUPPORT_IGNORED, .limit = SWAP_LIMIT,
          .summary = "Priority of the swap space." },
        { "Swap", "TimeoutSec", FIELD(timeout, mount, timeout), .property = "TimeoutUSec",
          .support = SUPPORT_PARTIAL, .limit = SWAP_LIMIT, .summary = "How long it may take." },
        { "Swap", "What", FIELD(path, mount, what), .support = SUPPORT_PARTIAL, .limit = SWAP_LIMIT,
          .summary = "The swap file or device." },
        { 0 },
};
END_OF_TABLE(swap);
