#!/bin/sh
# Puts PoseViewer, as it lies in this folder, into the menu of programs and on the path of this user,
# or of everybody where root runs it. Leave the folder where it is.
#
#     sh install.sh            into ~/.local, or into /usr/local for root
#     sh install.sh --remove   takes out again what that has put there
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
id=io.github.poseviewer.PoseViewer
if [ "$(id -u)" = 0 ]; then
    bin=/usr/local/bin
    share=/usr/local/share
else
    bin=$HOME/.local/bin
    share=${XDG_DATA_HOME:-$HOME/.local/share}
fi

case ${1-} in
'') ;;
--remove)
    rm -f "$bin/poseviewer" "$share/applications/$id.desktop" "$share/metainfo/$id.metainfo.xml"
    rm -f "$share/mime/packages/$id.xml"
    rm -f "$share"/icons/hicolor/*/apps/poseviewer.png
    echo "Removed PoseViewer from the menu of programs; its folder and your results are still there."
    exit ;;
*)
    echo "usage: sh install.sh [--remove]" >&2
    exit 2 ;;
esac

mkdir -p "$bin" "$share/applications" "$share/metainfo" "$share/mime/packages"
ln -sf "$here/poseviewer" "$bin/poseviewer"
# In a value of Exec, a path stands in quotes, with \ before each of these.
program=$(printf '%s' "$here/poseviewer" | sed 's/["`$\\]/\\&/g; s/%/%%/g')
while IFS= read -r line; do
    case $line in
    Exec=*) printf 'Exec="%s"%s\n' "$(printf '%s' "$program" | sed 's/\\/\\\\/g')" "${line#Exec=poseviewer}" ;;
    *) printf '%s\n' "$line" ;;
    esac
done <"$here/$id.desktop" >"$share/applications/$id.desktop"
cp "$here/$id.metainfo.xml" "$share/metainfo/"
cp "$here/$id.mime.xml" "$share/mime/packages/$id.xml"
for icon in "$here"/poseviewer-*.png; do
    side=${icon##*-}
    side=${side%.png}
    mkdir -p "$share/icons/hicolor/${side}x$side/apps"
    cp "$icon" "$share/icons/hicolor/${side}x$side/apps/poseviewer.png"
done
if command -v update-mime-database >/dev/null; then
    update-mime-database "$share/mime" >/dev/null 2>&1 || true
fi
if command -v update-desktop-database >/dev/null; then
    update-desktop-database -q "$share/applications" || true
fi
echo "PoseViewer is in the menu of programs now."
case :$PATH: in
*:"$bin":*) ;;
*) echo "To start it as poseviewer in a terminal, add $bin to PATH." ;;
esac
