#!/bin/sh
# Fills a folder with what file systems have trouble with, always the same.
# usage: tree.sh DIR
set -e
cd "$1"
umask 022
mkdir -p bin etc/init.d deep/a/b/c empty
printf '#!/bin/sh\nexec /bin/init\n' >bin/start
chmod 755 bin/start
printf 'root:!:0:0:root:/:/bin/sh\n' >etc/passwd
printf 'root:!:19000::::::\n' >etc/shadow
chmod 600 etc/shadow
: >etc/none
ln -s ../bin/start etc/init.d/rcS
ln -s /no/such/place dangling
printf 'leaf\n' >deep/a/b/c/leaf
awk 'BEGIN { for (i = 0; i < 40000; i++) print "line", i, i * i % 977 }' >big.txt
head -c 300000 /dev/zero >zeros
i=0
while [ $i -lt 120 ]; do
	echo "$i" >"deep/file$i"
	i=$((i + 1))
done
find . -exec touch -h -d @1500000000 {} +
