#!/bin/sh
# Freezes out of a text file, as facts for tminus: one line each, in tab-separated columns,
# the first day, the last day, the environments (* for all) and what it is called.
#
#   [source.exec.freezes]
#   command = ["~/.config/tminus/freezes.sh", "~/freezes.txt"]
set -eu

awk -F '\t' '
    function quoted(text) {
        gsub(/\\/, "\\\\", text)
        gsub(/"/, "\\\"", text)
        gsub(/[[:cntrl:]]/, " ", text)
        return "\"" text "\""
    }
    BEGIN { printf "{\"version\": 1, \"covers\": [\"freezes\"], \"freezes\": [" }
    NF >= 4 && $1 !~ /^#/ {
        printf "%s\n  {\"from\": %s, \"until\": %s, \"environments\": [%s], \"name\": %s}", \
            separator, quoted($1), quoted($2), quoted($3), quoted($4)
        separator = ","
    }
    END { print "\n]}" }
' "$1"
