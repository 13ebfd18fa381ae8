/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd.kill(5).
 */

#include "unit/directive-tables.h"

const Directive kill_directives[] = {
        { "*kill", "FinalKillSignal", FIELD(signal, kill, final_signal), .initial = "SIGKILL",
          .summary = "The last signal of a stop." },
        { "*kill", "KillMode", FIELD(kill_mode, kill, mode), .initial = "control-group",
          .summary = "Which processes are killed when the unit stops." },
        { "*kill", "KillSignal", FIELD(signal, kill, signal), .initial = "SIGTERM",
          .summary = "The first signal of a stop." },
        { "*kill", "RestartKillSignal", FIELD(signal, kill, restart_signal),
          .summary = "The first signal of a stop that is part of a restart; as KillSignal= if not set." },
        { "*kill", "SendSIGHUP", FIELD(boolean, kill, send_sighup), .initial = "no",
          .summary = "Whether SIGHUP follows the first signal at once." },
        { "*kill", "SendSIGKILL", FIELD(boolean, kill, send_sigkill), .initial = "yes",
          .summary = "Whether what remains is killed in the end." },
        { "*kill", "WatchdogSignal", FIELD(signal, kill, watchdog_signal), .initial = "SIGABRT",
          .summary = "The signal when the watchdog expires." },
        { 0 },
};
END_OF_TABLE(kill);
