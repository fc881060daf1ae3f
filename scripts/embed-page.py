#!/usr/bin/env python3
"""Puts the built page (web/dist) into a C file, each file as it is and
compressed. Without the folder the table is empty: the page is left out.

  embed-page.py OUTPUT DEPFILE FOLDER"""
import gzip
import hashlib
import pathlib
import re
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
# Vite's names: index-BzR3k9_x.js
HASHED = re.compile(r"^/assets/.*-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
COLUMNS = 24


def array(name, content):
    rows = [",".join(map(str, content[at:at + COLUMNS]))
            for at in range(0, len(content), COLUMNS)]
    return (f"static const unsigned char {name}[] = {{\n"
            + ",\n".join(rows or ["0"]) + "};\n")


def main():
    output, depfile, folder = map(pathlib.Path, sys.argv[1:])
    entries = sorted(folder.rglob("*")) if folder.is_dir() else []
    files = sorted((f"/{path.relative_to(folder).as_posix()}", path)
                   for path in entries if path.is_file())
    arrays, rows = [], []
    for number, (name, path) in enumerate(files):
        raw = path.read_bytes()
        packed = gzip.compress(raw, 9, mtime=0)
        smaller = len(packed) < len(raw) * 0.9
        arrays.append(array(f"raw_{number}", raw))
        if smaller:
            arrays.append(array(f"gz_{number}", packed))
        kind = TYPES.get(path.suffix, "application/octet-stream")
        etag = hashlib.sha256(raw).hexdigest()[:16]
        immutable = bool(HASHED.search(name))
        rows.append(
            f'\t{{"{name}", "{kind}", "\\"{etag}\\"", '
            + (f"gz_{number}" if smaller else "0") + f", raw_{number}, "
            f"{len(packed) if smaller else 0}, {len(raw)}, {int(immutable)}}},\n")
    text = ('#include "api/page.h"\n\n' + "".join(arrays)
            + "const struct page_file page_files[] = {\n" + "".join(rows)
            + "\t{0}};\n"
            + f"const size_t page_files_count = {len(rows)};\n")
    if not output.exists() or output.read_text() != text:
        output.write_text(text)
    needs = [folder, *entries]
    depfile.write_text(f"{output}: "
                       + " ".join(str(path).replace(" ", r"\ ")
                                  for path in needs) + "\n")


main()
