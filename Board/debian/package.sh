#!/bin/sh
# Packs what `make install` has put into a folder as a Debian package.
#
# usage: package.sh FOLDER ARCHITECTURE VERSION DEPENDS OUT
set -eu
folder=$1 architecture=$2 version=$3 depends=$4 out=$5
here=$(dirname "$0")
mkdir -p "$folder/DEBIAN" "$folder/etc/swiftlet/conf.d" "$folder/usr/share/doc/swiftlet"
install -m 644 "$here/swiftlet.conf" "$folder/etc/swiftlet/swiftlet.conf"
for page in README.md Board/operations.md; do
  install -m 644 "$page" "$folder/usr/share/doc/swiftlet"
  gzip -9nf "$folder/usr/share/doc/swiftlet/${page##*/}"
done
for part in filter.d jail.d; do
  install -D -m 644 "$here/../fail2ban/$part/swiftlet.conf" \
    "$folder/usr/share/doc/swiftlet/fail2ban/$part/swiftlet.conf"
done
for page in "$folder"/usr/share/man/*/*.[0-9]; do gzip -9nf "$page"; done
# Debian's own way makes the user, in postinst.
rm -rf "$folder/usr/lib/sysusers.d"
echo /etc/swiftlet/swiftlet.conf >"$folder/DEBIAN/conffiles"
for script in postinst prerm postrm; do
  install -m 755 "$here/$script" "$folder/DEBIAN/$script"
done
cat >"$folder/DEBIAN/control" <<END
Package: swiftlet
Version: $version
Architecture: $architecture
Maintainer: The Swiftlet developers <swiftlet@localhost>
Installed-Size: $(du -sk --exclude=DEBIAN "$folder" | cut -f1)
Depends: adduser${depends:+, $depends}
Section: net
Priority: optional
Description: MQTT broker for routers and single-board computers
 Speaks MQTT 3.1, 3.1.1 and 5.0 over TCP, TLS and WebSocket in one thread and
 a fixed amount of memory, and reads the configuration, password and ACL files
 of Mosquitto.
END
find "$folder" -type d -exec chmod 755 {} +
mkdir -p "$(dirname "$out")"
dpkg-deb --root-owner-group -Zxz --build "$folder" "$out" >/dev/null
