#!/bin/sh
# Put a backup back:  restore.sh /var/backups/gauge/20261122-021000
# Into the database that DATABASE_URL names, which must be empty, and into MEDIA_ROOT.
set -eu

from="$1"
(cd "$from" && sha256sum --check --quiet SHA256SUMS)
pg_restore --no-owner --exit-on-error --single-transaction --dbname="$DATABASE_URL" "$from/database.dump"
if [ -f "$from/media.tar.gz" ]; then
    mkdir -p "$MEDIA_ROOT"
    tar -C "$MEDIA_ROOT" -xzf "$from/media.tar.gz"
fi
