# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the scenarios of resource control are written with. They run inside: in
# the rig, in the virtual machine, or in a svinit nested in that one, beside a
# manager that is up. tests/resources/inside reads this.
#
#   unit NAME <<E ... E          a unit file that the manager finds; new names need no reload
#   promise TEXT CMD...          one line of TAP: CMD must succeed
#   eventually CMD...            until it succeeds, $PATIENCE seconds at most; no process is made for the waiting
#   holds FACT                   must this be so in this tier?  unless_it_holds KEY...: then nothing but the report is asked
#   start, starts, stop, show UNIT PROPERTY, pid_of UNIT, group_of UNIT, file_of UNIT CONTROLLER V2-FILE V1-FILE
#
# Most questions go by tests/tools/ask.c, which starts at once; `ctl` is the real systemctl.
# What holds is written here for each tier, and not asked of svinit.

: "${TIER:?}" "${OUT:=/tmp/resources}" "${PATIENCE:=120}"
[[ $TIER == user ]] && UNITS=$XDG_RUNTIME_DIR/systemd/system || UNITS=/run/systemd/system
exec {nap}<> <(:)
n_promises=0 n_broken=0

declare -A FACTS=(
        [v2]="cgroup v2 memory high swap pids cpu cpuset io devices freeze oom-group"
        [delegated]="cgroup v2 memory high swap pids cpu cpuset io devices freeze oom-group"
        [user]="cgroup v2 memory high swap pids cpu cpuset io freeze oom-group"
        [hybrid]="cgroup v1-limits memory pids cpu cpuset io devices freeze"
        [v1]="cgroup v1-limits memory pids cpu cpuset io devices freeze"
        [v1-few]="cgroup v1-limits memory pids cpu"
        [ro]="" [none]=""
)

holds() { [[ " ${FACTS[$TIER]} " == *" $1 "* ]]; }

case $TIER in
user) ctl() { systemctl --user --no-pager "$@"; } ;;
*) ctl() { systemctl --no-pager "$@"; } ;;
esac

call_manager() { # METHOD SIGNATURE ARGS
        local address=/run/systemd/private
        [[ $TIER != user ]] || address=$XDG_RUNTIME_DIR/systemd/private
        busctl --address="unix:path=$address" --quiet call org.freedesktop.systemd1 /org/freedesktop/systemd1 \
                org.freedesktop.systemd1.Manager "$@"
}

unit() { cat >"$UNITS/$1"; }
show() { ask get "$1" "$2" 2>/dev/null; }
pid_of() { show "$1" MainPID; }
pause() { read -rt "${1:-0.05}" -u "$nap" || true; }

eventually() {
        local end=$((SECONDS + PATIENCE))
        until "$@" >/dev/null 2>&1; do
                ((SECONDS < end)) || return 1
                pause
        done
}

promise() {
        local text=$1
        shift
        n_promises=$((n_promises + 1))
        if "$@"; then
                echo "ok $n_promises - $TIER: $scenario: $text"
        else
                echo "not ok $n_promises - $TIER: $scenario: $text"
                n_broken=$((n_broken + 1))
                echo "# $*"
                [[ ! ${subject:-} ]] || explain "$subject"
        fi
}

explain() {
        ask get "$1" ActiveState SubState Result MainPID NRestarts ControlGroup MemoryCurrent TasksCurrent 2>&1 | tr '\n' ' ' | sed 's/^/# /'
        echo
        not_applied "$1" | sed 's/^/# not applied: /'
}

is() { [[ $(show "$1" "$2") == "$3" ]]; }
is_like() { [[ $(show "$1" "$2") == $3 ]]; }
is_not() { [[ $(show "$1" "$2") != "$3" ]]; }
says() { [[ -e $1 && $(<"$1") == "$2" ]]; }
contains() { [[ -e $1 && $(<"$1") == *"$2"* ]]; }
at_least() { (($(<"$1") >= $2)); }
at_most() { (($(<"$1") <= $2)); }
lives() { [[ -e /proc/$1/stat && $(<"/proc/$1/stat") != *") Z "* ]]; }
is_gone() { ! lives "$1"; }
has_no_group() { [[ ! -d $1 ]]; }
# Jobs are given; what comes of them is asked.
start() {
        subject=$1
        ask call StartUnit "$1" replace >/dev/null
}
starts() { start "$1" && eventually is "$1" ActiveState active; }
is_down() { is_like "$1" ActiveState '[!ad]*' || is "$1" ActiveState ""; }
stop() {
        local u
        for u; do ask call StopUnit "$u" replace >/dev/null; done
        for u; do eventually is_down "$u" || return 1; done
}
reset_failed() { ask call ResetFailedUnit "$1" 2>/dev/null; }
runs_as() { [[ $(pid_of "$1") == "$2" ]] && lives "$2"; }

# One line each: "Key=: why", as svctl status has it.
not_applied() { show "$1" NotApplied; }
reports() { # UNIT KEY...
        local text key
        text=$(not_applied "$1")
        shift
        for key; do [[ $text == *"$key=:"* ]] || return 1; done
}
reports_none() { # UNIT KEY...
        local text key
        text=$(not_applied "$1")
        shift
        for key; do [[ $text != *"$key=:"* ]] || return 1; done
}

# In the journal of this boot, or of the unit where it can be told.
logged() { # UNIT TEXT
        svctl logs -u "$1" -n 200 2>/dev/null | grep -qF -- "$2"
}

# The mount of a controller: of v2 there is one; on v1 and hybrid each has its own, and tracking is "".
mount_of() {
        case $TIER in
        v2 | delegated | user) echo /sys/fs/cgroup ;;
        hybrid) [[ $1 ]] && echo "/sys/fs/cgroup/$1" || echo /sys/fs/cgroup/unified ;;
        v1) [[ $1 ]] && echo "/sys/fs/cgroup/$1" || echo /sys/fs/cgroup/systemd ;;
        v1-few) [[ $1 ]] && echo "/sys/fs/cgroup/$1" || echo /sys/fs/cgroup/pids ;;
        esac
}
group_of() { echo "$(mount_of "${2:-}")$(show "$1" ControlGroup)"; }
# v2 and v1 call it differently: file_of UNIT CONTROLLER V2-FILE V1-FILE
file_of() {
        local group
        group=$(group_of "$1" "$2")
        holds v2 && echo "$group/$3" || echo "$group/$4"
}
