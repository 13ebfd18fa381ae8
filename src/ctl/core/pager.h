/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A pager between svctl and the terminal, when there is one.
 *
 *      $SYSTEMD_PAGER, else $PAGER, else the first of pager, less, more; "" or "cat": none
 *      $SYSTEMD_LESS (FRSXMK), $SYSTEMD_LESSCHARSET: how less behaves
 *      $SYSTEMD_PAGERSECURE: whether less may run others and write files. When it is not set, it may only if
 *              the caller is the owner of the login session, and otherwise no other pager is trusted
 *
 * pager_open() leaves everything as it is where the output is no terminal, the
 * terminal is dumb or no pager can be executed. The terminal is the pager's
 * until it ends: svctl waits for it, and a pager whose svctl is killed is told
 * to end, so that it can put the terminal back.
 */

#include <stdbool.h>

void pager_open(bool at_end); /* at_end: less begins with what was written last */
bool pager_is_open(void);
void pager_close(void); /* waits for it: all that was written has been shown, or was not wanted */
