/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * [Path] of systemd.path(5).
 */

#include "unit/directive-tables.h"

const Directive path_directives[] = {
        { "Path", "DirectoryMode", FIELD(mode, path, directory_mode), .initial = "0755",
          .summary = "Access mode of directories that are made." },
        { "Path", "DirectoryNotEmpty", FIELD(path_watch, path, watches), .detail = PATH_DIRECTORY_NOT_EMPTY,
          .list = true, .property = "", .summary = "A directory with something in it." },
        { "Path", "MakeDirectory", FIELD(boolean, path, make_directory), .initial = "no",
          .summary = "Whether watched directories are made." },
        { "Path", "PathChanged", FIELD(path_watch, path, watches), .detail = PATH_CHANGED, .list = true,
          .property = "", .summary = "A path that is changed and closed, or whose entries change." },
        { "Path", "PathExists", FIELD(path_watch, path, watches), .detail = PATH_EXISTS, .list = true,
          .property = "", .summary = "A path that exists." },
        { "Path", "PathExistsGlob", FIELD(path_watch, path, watches), .detail = PATH_EXISTS_GLOB,
          .list = true, .property = "", .summary = "A pattern that some path matches." },
        { "Path", "PathModified", FIELD(path_watch, path, watches), .detail = PATH_MODIFIED, .list = true,
          .property = "", .summary = "A path that is written to." },
        { "Path", "TriggerLimitBurst", FIELD(unsigned, path, trigger_limit_burst), .initial = "200",
          .summary = "How many activations TriggerLimitIntervalSec= allows." },
        { "Path", "TriggerLimitIntervalSec", FIELD(timespan, path, trigger_limit_interval), .initial = "2s",
          .property = "TriggerLimitIntervalUSec", .summary = "The time in which activations are counted." },
        { "Path", "Unit", FIELD(unit_name, path, unit),
          .summary = "The unit that is started; the service of the same name if not set." },
        { 0 },
};
END_OF_TABLE(path);
