#!/usr/bin/env bash
# Makes noto-sans-cjk-sc-subset.otf anew: Noto Sans CJK SC with the characters of all scenarios, all
# texts of the program and the 3755 most used Chinese characters (GB 2312, level 1), so that what a
# person writes into a scenario of their own is readable too. Run it by hand when a test says that a
# character is missing, and commit both files. Needs apt-get, python3 and pip; builds only read the
# result.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 - <<'PY' > characters.txt
import pathlib
root = pathlib.Path("../../..")
texts = [p.read_text() for folder in ("scenarios", "core/src", "gui/src", "gui/window/src")
         for p in root.joinpath(folder).rglob("*") if p.suffix in (".toml", ".rs")]
wanted = set("".join(texts)) | set("，。、；：？！“”‘’（）《》【】…—·～￥％＋－＝／")
for row in range(0xB0, 0xD8):                      # GB 2312, level 1
    for cell in range(0xA1, 0xFF):
        try:
            wanted.add(bytes((row, cell)).decode("gb2312"))
        except UnicodeDecodeError:
            pass
# Signs are taken where this font has them; the others are in the fonts of egui.
print("".join(sorted(c for c in wanted if 0x7F < ord(c) < 0x10000)), end="")
PY

if [ -z "${NOTO_SANS_CJK:-}" ]; then
    (cd "$work" && apt-get download -qq fonts-noto-cjk && dpkg -x fonts-noto-cjk_*.deb noto)
    NOTO_SANS_CJK="$work/noto/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
fi
python3 -c 'import fontTools' 2> /dev/null || {
    pip install --quiet --target "$work/python" fonttools
    export PYTHONPATH="$work/python"
}
# Number 2 of the collection is the Simplified Chinese one.
python3 -m fontTools.subset "$NOTO_SANS_CJK" --font-number=2 --text-file=characters.txt \
    --output-file=noto-sans-cjk-sc-subset.otf --no-hinting --desubroutinize --layout-features='' \
    --drop-tables+=vhea,vmtx,VORG,BASE,GSUB,GPOS,DSIG
ls -l noto-sans-cjk-sc-subset.otf
