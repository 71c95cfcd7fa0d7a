if a; then b; elif c; then d; else e; fi
f || { g; exit 1; }
h
k() { [ -n "$1" ] || return; l; }
k
k x
m=1; [ -f /y ] && m=2
n $m
while read line; do o "$line"; done < /etc/list
[ "$(hostname)" = magic ] && telnetd
p() (q)
p 2>/dev/null
sh -c "echo \"a b\" && ls"
case $(cat /proc/cmdline) in *debug*) dbg;; esac
function r { s; }
! t && u
if ! v; then w; fi
until x1; do y; done
z `basename $0` $((1+2)) "${A%/*}"
