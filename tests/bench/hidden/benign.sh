#!/bin/sh
# benign.sh [DIR [ARCH...]]: programs that hide nothing, for the benchmark.
#
# Downloads Debian 12 packages of five architectures into DIR (by default
# /var/tmp/assay-benign) and keeps of each the ELF programs and libraries that
# name a comparison of the C library: DIR/bin/ARCH/PACKAGE/NAME. Nothing is
# installed and no root is needed: apt works in a root of its own below DIR.
# What is there already is not fetched again. Debian 12 has no big-endian MIPS
# and no PowerPC: for those two the C libraries of Debian's cross compilers are
# taken.
set -eu

dir=${1:-/var/tmp/assay-benign}
[ $# -eq 0 ] || shift
archs=${*:-amd64 i386 armhf arm64 mipsel mips powerpc}

packages="
busybox dropbear-bin dnsmasq-base hostapd wpasupplicant lighttpd openssh-server
openssh-client openssh-sftp-server iptables ppp samba-libs vsftpd proftpd-core
inetutils-telnetd inetutils-telnet inetutils-ftp inetutils-ftpd inetutils-inetd
inetutils-ping inetutils-syslogd inetutils-talkd inetutils-tools net-tools
iproute2 curl libcurl4 wget bash dash mtd-utils u-boot-tools udhcpd snmpd
libsnmp40 minidlna cups-daemon sudo passwd login util-linux mount coreutils
e2fsprogs openvpn strongswan-charon libstrongswan transmission-daemon
nginx-light apache2-bin php8.2-cgi lua5.4 libpam-modules libpam-modules-bin
libpam0g exim4-daemon-light postfix dovecot-core bind9 bind9-libs isc-dhcp-server
isc-dhcp-client ntpsec chrony avahi-daemon mosquitto git tmux screen gdb cron
ser2net socat netcat-openbsd tcpdump nmap rsync tftpd-hpa tftp-hpa
stunnel4 haproxy squid xl2tpd pptpd radvd igmpproxy miniupnpd ethtool
wireless-tools iw bridge-utils vlan arping bluez rng-tools5 smartmontools
hdparm parted nfs-common rpcbind quota at less vim-tiny nano gawk mawk sed
tar gzip grep findutils procps psmisc kmod udev libc6 libcrypt1 libssl3
freeradius uhttpd thttpd micro-httpd mini-httpd lirc ffmpeg motion
collectd-core zabbix-agent rsyslog logrotate uucp cu mgetty minicom"

root=$dir/apt
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
mkdir -p "$dir/deb" "$dir/bin"

apt_for() # ARCH COMMAND ARG...
{
	name=$1
	shift
	"$@" -o Dir="$root/$name" -o Dir::State::status="$root/$name/status" \
		-o Dir::Etc::sourcelist="$root/$name/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::Etc::trusted=/etc/apt/trusted.gpg \
		-o Dir::Etc::trustedparts=/etc/apt/trusted.gpg.d \
		-o Dir::Etc::main=/dev/null -o Dir::Etc::parts=/etc/apt/apt.conf.d \
		-o APT::Architecture="$name" -o APT::Architectures="$name" \
		-o APT::Sandbox::User= -o Acquire::Languages=none \
		-o Acquire::Retries=3
}

fetch() # ARCH PACKAGE...
{
	a=$1
	shift
	mkdir -p "$root/$a/var/lib/apt/lists/partial" \
		"$root/$a/var/cache/apt/archives/partial" "$dir/deb/$a"
	: >>"$root/$a/status"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm main" \
		>"$root/$a/sources.list"
	if [ ! -e "$root/$a/updated" ]; then
		if ! apt_for "$a" apt-get -q update >"$root/$a/log" 2>&1; then
			cat "$root/$a/log" >&2
			return 1
		fi
		: >"$root/$a/updated"
	fi
	apt_for "$a" apt-cache pkgnames | sort >"$root/$a/names"
	# One call for all that there are and that are not here yet.
	want=$(printf '%s\n' "$@" | sort -u | comm -12 - "$root/$a/names" |
		while read -r p; do
			ls "$dir/deb/$a/$p"_*.deb >/dev/null 2>&1 || echo "$p"
		done)
	[ -n "$want" ] || return 0
	cd "$dir/deb/$a"
	# shellcheck disable=SC2086
	apt_for "$a" apt-get -qq download $want >"$root/$a/log" 2>&1 ||
		echo "benign.sh: $a: not all could be fetched, see $root/$a/log" >&2
	cd - >/dev/null
}

# Programs of a package that import a comparison.
unpack() # ARCH FILE.deb PACKAGE
{
	out=$dir/bin/$1/$3
	[ -d "$out" ] && return
	tmp=$dir/tmp.$$
	rm -rf "$tmp"
	mkdir -p "$tmp" "$out"
	dpkg-deb -x "$2" "$tmp" || return 0
	find "$tmp" -type f -size +3k | while read -r f; do
		[ "$(head -c 4 "$f" | tail -c 3)" = ELF ] || continue
		case $f in *.o | *.ko) continue ;; esac
		grep -qaE 'strn?cmp|strn?casecmp|memcmp|strstr' "$f" || continue
		cp "$f" "$out/$(basename "$f")"
	done
	rm -rf "$tmp"
}

for arch in $archs; do
	case $arch in
	mips | powerpc)
		fetch amd64 "libc6-$arch-cross" "libgcc-s1-$arch-cross" \
			"libstdc++6-$arch-cross" "libgomp1-$arch-cross"
		list=$(cd "$dir/deb/amd64" && ls ./*-"$arch"-cross_*.deb)
		from=$dir/deb/amd64
		;;
	*)
		# shellcheck disable=SC2086
		fetch "$arch" $packages
		list=$(cd "$dir/deb/$arch" && ls ./*.deb | grep -v -- '-cross_')
		from=$dir/deb/$arch
		;;
	esac
	for deb in $list; do
		name=${deb#./}
		unpack "$arch" "$from/$name" "${name%%_*}"
	done
	echo "$arch $(find "$dir/bin/$arch" -type f | wc -l) programs"
done
