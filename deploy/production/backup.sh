#!/bin/sh
# One backup: the database and the uploaded files, into a dated folder; folders older than KEEP_DAYS go.
# Run by root from cron or a timer, with the site's environment:  set -a; . /etc/gauge/gauge.env; set +a
set -eu
umask 077

target="${BACKUP_DIR:-/var/backups/gauge}/$(date +%Y%m%d-%H%M%S)"
mkdir -p "$target.part"
pg_dump --format=custom --no-owner --file="$target.part/database.dump" "$DATABASE_URL"
pg_restore --list "$target.part/database.dump" >/dev/null # an unreadable dump is no backup
if [ -d "${MEDIA_ROOT:-}" ]; then
    tar -C "$MEDIA_ROOT" -czf "$target.part/media.tar.gz" .
fi
(cd "$target.part" && sha256sum -- * >SHA256SUMS)
mv "$target.part" "$target"
find "${BACKUP_DIR:-/var/backups/gauge}" -mindepth 1 -maxdepth 1 -type d -name '20*' -mtime "+${KEEP_DAYS:-30}" -exec rm -rf {} +
echo "$target"
