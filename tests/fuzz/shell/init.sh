#!/bin/sh
# A start-up script with most of what start-up scripts are made of
PATH=/sbin:/bin
DAEMON=/usr/sbin/lampd
NAME=${DAEMON##*/}
OPTS="-d -p ${PORT:-8080}"
sign=`cat /etc/sign`
[ -x "$DAEMON" ] || exit 0
. /etc/lamp.conf
[ -r /etc/default/$NAME ] && . /etc/default/$NAME

start() {
	local pid
	echo -n "Starting $NAME: "
	start-stop-daemon -S -b -x "$DAEMON" -- $OPTS && echo ok
	for d in a b "c d"; do
		/usr/sbin/${d} -u "x:$sign" >/dev/null 2>&1 &
	done
}

case "$1" in
start|boot) start ;;
stop) killall lampd ;;
restart)
	"$0" stop
	"$0" start
	;;
*)
	cat <<-END >&2
	usage: $0 start
	END
	exit 1
esac

if [ -f /mnt/sd/lamp.sh ] && [ "$(nvram get mode)" = "x" ]; then
	sh /mnt/sd/lamp.sh
elif grep -q debug /proc/cmdline; then
	while true; do sleep $((1 + 2)); done
else
	( cd /tmp; tar xzf lamp.tgz ) | tee log
fi
cat <<'END' > /etc/lamp.rc
key $value
END
