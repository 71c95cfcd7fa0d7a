#!/bin/sh
# A small folder for archives: modes, links, an empty file and folder.
# usage: members.sh DIR
set -e
cd "$1"
umask 022
mkdir -p bin etc empty
printf '#!/bin/sh\nexec /bin/init\n' >bin/start
chmod 755 bin/start
printf 'root:!:0:0:root:/:/bin/sh\n' >etc/passwd
chmod 600 etc/passwd
: >etc/none
ln -s ../bin/start etc/rcS
head -c 20000 /dev/zero | tr '\0' A >big
find . -exec touch -h -d @1500000000 {} +
