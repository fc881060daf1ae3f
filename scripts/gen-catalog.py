"""Turns lang/*.json into one C table. Arguments: output, en.json, fr.json."""
import json
import re
import sys


def load(path):
    def once(pairs):
        seen = {}
        for key, value in pairs:
            if key in seen:
                sys.exit(f"{path}: the key {key} stands twice")
            seen[key] = value
        return seen

    with open(path, encoding="utf-8") as file:
        return json.load(file, object_pairs_hook=once)


def quote(text):
    out = ""
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\':
            out += "\\" + char
        elif 32 <= byte < 127:
            out += char
        else:
            out += f"\\{byte:03o}"
    return f'"{out}"'


def places(text):
    return sorted(re.findall(r"\{(\w+)\}", text))


def main():
    output, *paths = sys.argv[1:]
    tables = [load(path) for path in paths]
    for path, table in zip(paths[1:], tables[1:]):
        for key in sorted(tables[0].keys() ^ table.keys()):
            sys.exit(f"{key} is in only one of {paths[0]} and {path}")
        for key, text in table.items():
            if set(places(text)) != set(places(tables[0][key])):
                sys.exit(f"{key}: the places differ in {path}")
    # The page says its own; its build takes them, and its tests check them.
    rows = sorted((key for key in tables[0] if not key.startswith("page.")),
                  key=lambda key: key.encode())
    with open(output, "w", encoding="ascii") as out:
        out.write('#include "base/catalog.h"\n\n')
        out.write("const struct catalog_row catalog_rows[] = {\n")
        for key in rows:
            texts = ",\n\t\t".join(quote(table[key]) for table in tables)
            out.write(f"\t{{{quote(key)},\n\t\t{{{texts}}}}},\n")
        out.write("};\n\n")
        out.write("const size_t catalog_rows_count =\n"
                  "\tsizeof(catalog_rows) / sizeof(catalog_rows[0]);\n")


main()
