# Runs workloads and says on the console how it goes: run-workloads.sh ROOT NAME:AMOUNT...
# Sourced commands.sh (made from the list in Workloads.swift) defines: workload NAME AMOUNT.
#
#   BENCH-START name              the clock of the host starts at this line
#   BENCH-END name status ms      and stops at this one; ms is by the guest's own clock
#   BENCH-SUM name md5            of all that the workload printed
#   BENCH-ERROR name text         what it said on standard error, if it failed
#   BENCH-DONE
root=${1%/}
shift
. "$root/bench/workload-helpers.sh"
. "$root/bench/commands.sh"
LC_ALL=C
export LC_ALL

# Without a process, so that it costs nothing: /proc/uptime has hundredths of a second.
milliseconds() {
    read -r uptime idle </proc/uptime
    now=${uptime%.*}${uptime#*.}0
}

for item in "$@"; do
    name=${item%:*}
    mkdir work && cd work || exit 1
    milliseconds
    start=$now
    echo "BENCH-START $name"
    (workload "$name" "${item#*:}") >../output 2>../errors </dev/null
    status=$?
    milliseconds
    echo "BENCH-END $name $status $((now - start))"
    cd .. && rm -rf work
    sum=$(md5sum <output)
    echo "BENCH-SUM $name ${sum%% *}"
    [ "$status" = 0 ] || echo "BENCH-ERROR $name $(tail -n 3 errors | tr '\n' ' ')"
done
echo "BENCH-DONE"
