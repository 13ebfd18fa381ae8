# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion for svctl, which itself says what may follow: svctl complete WORD...

function __svctl_words
    set -l words (commandline -opc)
    $words[1] complete -- $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c svctl -f -a '(__svctl_words)'
