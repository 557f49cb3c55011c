#!/bin/sh
# Unpacks packages of Debian for another architecture into a folder, and leaves the system as it is:
# apt gets folders of its own for what it keeps, and from the system only the sources and the keys.
#
#   sysroot.sh ARCHITECTURE FOLDER PACKAGE...
#
# What is there already, complete, is not fetched again.
set -eu

architecture=$1
sysroot=$2
shift 2
if [ -e "$sysroot/unpacked" ] && [ "$(cat "$sysroot/unpacked")" = "$*" ]; then exit 0; fi

mkdir -p "$sysroot"
apt=$(cd "$sysroot/.." && pwd)/.apt-$architecture
mkdir -p "$apt/lists/partial" "$apt/archives/partial"
: > "$apt/status"
cat > "$apt/apt.conf" <<CONFIGURATION
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Get::List-Cleanup "false";
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt";
Dir::Cache::archives "$apt/archives";
Dir::Log "$apt";
Debug::NoLocking "true";
CONFIGURATION
# Read after what the system has in its own folder, so that it wins.
APT_CONFIG=$apt/apt.conf
export APT_CONFIG

echo "== fetching for $architecture: $*"
# A mirror may be in the midst of a change: what then is not in any list fails below.
apt-get update -q=2 || echo "== some lists of packages were not to be had: going on without" >&2
rm -rf "$sysroot"
mkdir -p "$sysroot"
for package in "$@"; do
  # The version of the compiler is in the name of the package of its helpers: the newest there is.
  [ "$package" != libgcc-dev ] || package=$(apt-cache pkgnames libgcc- \
    | grep -E '^libgcc-[0-9]+-dev$' | sort --version-sort | tail -n 1)
  [ -n "$(ls "$apt/archives/$package"_*.deb 2>/dev/null)" ] \
    || (cd "$apt/archives" && apt-get download -q=2 "$package")
  dpkg-deb --extract "$apt/archives/$package"_*.deb "$sysroot"
done
echo "$*" > "$sysroot/unpacked"
