/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * [X-Deploy]: read by svctl deploy, of no effect on running the unit.
 */

#include "unit/directive-tables.h"

const Directive deploy_directives[] = {
        { "X-Deploy", "ExecBuild", SYNTAX(commands), .list = true, .property = "",
          .summary = "What makes a release ready, in its directory." },
        { "X-Deploy", "ExecPostDeploy", SYNTAX(commands), .list = true, .property = "",
          .summary = "What follows when a release serves, in its directory." },
        { "X-Deploy", "ExecPreDeploy", SYNTAX(commands), .list = true, .property = "",
          .summary = "What comes first, in the directory of the release that serves." },
        { "X-Deploy", "FetchDepth", SYNTAX(unsigned), .initial = "0", .property = "",
          .summary = "How many commits of each branch are fetched; 0: all." },
        { "X-Deploy", "Host", SYNTAX(string), .list = true, .property = "",
          .summary = "Where it is deployed, over ssh." },
        { "X-Deploy", "KeepReleases", SYNTAX(unsigned), .initial = "5", .minimum = 1, .maximum = 1000,
          .property = "", .summary = "How many releases stay." },
        { "X-Deploy", "Path", SYNTAX(path), .property = "",
          .summary = "The directory of the releases, of their repository and of the link current." },
        { "X-Deploy", "Reference", SYNTAX(string), .initial = "origin/main", .property = "",
          .summary = "The branch, tag or commit that is deployed." },
        { "X-Deploy", "Repository", SYNTAX(string), .property = "", .summary = "Where git fetches from." },
        { "X-Deploy", "TimeoutSec", SYNTAX(timespan), .initial = "15min", .property = "",
          .summary = "How long each step may take." },
        { "X-Deploy", "User", SYNTAX(string), .property = "",
          .summary = "Who fetches and builds, and whose the files are." },
        { 0 },
};
END_OF_TABLE(deploy);
