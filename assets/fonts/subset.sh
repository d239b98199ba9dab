#!/usr/bin/env bash
# Makes the receipt's fonts: Noto Sans regular and bold with the characters that a ticket can need, and no more.
# Needs Debian's fonts-noto-core (Noto Sans 2.004 was used) and `pip install fonttools` (4.68.0 was used).
set -euo pipefail
cd "$(dirname "$0")"
from=${1:-/usr/share/fonts/truetype/noto}

# Latin with its supplement and extension A, commas below and the other letters of European names, combining accents,
# dashes and quotation marks, ellipsis, rupee, and the sign for a character that is not here.
characters=U+0020-007E,U+00A0-017F,U+0192,U+01CD-01DC,U+01FA-01FF,U+0218-021B,U+0259,U+0300-0304,U+0306-030C
characters+=,U+0323,U+0326-0328,U+1E80-1E85,U+1E9E,U+1EF2-1EF3,U+2010-2015,U+2018-201E,U+2022,U+2026,U+20B9,U+FFFD

for style in Regular Bold; do
    pyftsubset "$from/NotoSans-$style.ttf" --output-file="NotoSans-$style.subset.ttf" --unicodes="$characters" \
        --layout-features='' --no-hinting --no-recalc-timestamp \
        --name-IDs=0,1,2,4,5,6,13,14 --drop-tables+=GDEF,GPOS,GSUB,DSIG,STAT,gasp --notdef-outline
done
