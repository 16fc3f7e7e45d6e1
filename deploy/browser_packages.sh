#!/bin/sh
# Debian's Chromium and a Chinese font for the browser tests: installed when we may, asked for when we may not.
set -eu

missing=""
command -v chromium >/dev/null 2>&1 || missing="chromium"
[ -n "$(find /usr/share/fonts "${HOME:-/nonexistent}/.fonts" -iname '*NotoSansCJK*' -print -quit 2>/dev/null)" ] ||
    missing="$missing fonts-noto-cjk"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "── 安装浏览器测试所需的软件包 installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # A fresh image has no package lists at all.
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 || {
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends $missing >/dev/null
    }
else
    echo "浏览器测试需要 Debian 的软件包，请先安装： The browser tests need Debian packages, please install:" >&2
    echo "    sudo apt-get install --no-install-recommends $missing" >&2
    exit 1
fi
