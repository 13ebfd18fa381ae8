/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * In which kind of container do we run? By what the engines leave for their
 * contents: files, the variable $container, the names of cgroups, and last the
 * pid namespace itself.
 */

/* A static word as of systemd-detect-virt(1): "docker", "podman", "container-other"; "" when in none. */
const char *virtualization_container(char *const *environment);
/* "vm-other" when the processor says so, "" else. Reads a long file: ask when somebody wants to know. */
const char *virtualization_machine(void);
