#!/bin/sh
# Makes a certificate authority and a server certificate for a home network, ECDSA on P-256: small,
# and some ten times cheaper for a router than RSA. What is there already is kept; to renew a
# certificate, remove it and call again.
#
# usage: certificates.sh FOLDER "NAMES AND ADDRESSES" [CLIENT]
set -eu
umask 077
folder=$1 names=$2 client=${3:-}
mkdir -p "$folder"
cd "$folder"
quietly() { "$@" 2>openssl.log || { cat openssl.log >&2; exit 1; }; rm -f openssl.log; }

make_key() { quietly openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

# NAME SUBJECT DAYS EXTENSIONS: a key, and a certificate signed by our authority.
make_certificate() {
  [ -e "$1.key" ] || make_key "$1.key"
  printf '%s\n' "$4" >"$1.ext"
  quietly openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
  quietly openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days "$3" \
    -sha256 -extfile "$1.ext" -out "$1.crt"
  rm -f "$1.csr" "$1.ext"
  chmod 644 "$1.crt"
  echo "$folder/$1.crt and $folder/$1.key: $2"
}

alternatives() {
  for name in $names; do
    case $name in
    *[!0-9.]*) case $name in *:*) printf 'IP:%s,' "$name" ;; *) printf 'DNS:%s,' "$name" ;; esac ;;
    *) printf 'IP:%s,' "$name" ;;
    esac
  done | sed 's/,$//'
}

if [ ! -e ca.crt ]; then
  [ -e ca.key ] || make_key ca.key
  quietly openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj "/CN=Home MQTT authority" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -out ca.crt
  chmod 644 ca.crt
  echo "$folder/ca.crt: the authority; give it to every client, and keep ca.key off the network"
fi
if [ ! -e server.crt ]; then
  make_certificate server "/CN=${names%% *}" 825 "$(printf \
    'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=%s' \
    "$(alternatives)")"
fi
if [ -n "$client" ] && [ ! -e "$client.crt" ]; then
  make_certificate "$client" "/CN=$client" 825 \
    "$(printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=clientAuth')"
fi
cat <<END
Copy server.crt, server.key and ca.crt to the broker, readable by its user alone, and write:
  listener 8883
  certfile .../server.crt
  keyfile .../server.key
Then: mosquitto_sub -h ${names%% *} -p 8883 --cafile ca.crt -t '#'
END
