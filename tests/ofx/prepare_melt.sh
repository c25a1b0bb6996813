#!/usr/bin/env bash
# Unpacks melt, a real OpenFX host, from Debian sid into a folder of its own (about 1 GB, a minute): nothing is
# installed, no maintainer script runs. tests/ofx/test_melt.py finds it there, or in the folder VSPLUGIN_MELT names.
set -euo pipefail
tree="${VSPLUGIN_MELT:-${XDG_CACHE_HOME:-$HOME/.cache}/vsplugin/melt-sid}"
if [ -x "$tree/usr/bin/melt-7" ]; then exit 0; fi
command -v mmdebstrap >/dev/null || apt-get install -y -qq mmdebstrap >/dev/null
# The mirror this machine already uses.
mirror=$(apt-get indextargets --format '$(SITE)' | grep -v -- security | grep -m1 debian)
part="$tree.part"
rm -rf "$part"
mkdir -p "$(dirname "$tree")"
mmdebstrap --variant=extract --mode=root --aptopt='APT::Sandbox::User "root"' \
  --aptopt='Acquire::Check-Valid-Until "false"' --include=melt --dpkgopt='path-exclude=/usr/share/doc/*' \
  sid "$part" "deb [trusted=yes] $mirror sid main"
mv "$part" "$tree"
