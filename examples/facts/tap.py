#!/usr/bin/env python3
"""Test runs out of files in TAP (Test Anything Protocol), as facts for tminus.

Each file of the directory is a suite; the time of the file is when it ran.

    [source.exec.tap]
    command = ["python3", "~/.config/tminus/tap.py", "~/results"]
"""

import json
import re
import sys
from datetime import datetime, timezone
from pathlib import Path

LINE = re.compile(r"(not )?ok\b\s*\d*\s*-?\s*([^#]*)(?:#\s*(skip|todo))?", re.IGNORECASE)


def test_run(path: Path) -> dict:
    run = {"suite": path.stem, "passed": 0, "failed": 0, "skipped": 0, "failures": []}
    text = path.read_text(encoding="utf-8", errors="replace")
    for found in filter(None, map(LINE.match, text.splitlines())):
        failed, name, directive = found.groups()
        if directive:
            run["skipped"] += 1
        elif failed:
            run["failed"] += 1
            run["failures"].append(name.strip())
        else:
            run["passed"] += 1
    # A suite that gave up did not pass, whatever it had counted by then.
    if re.search(r"^Bail out!", text, re.MULTILINE):
        run["failed"] += 1
        run["failures"].append("it bailed out")
    at = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    return run | {"at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}


runs = [test_run(path) for path in sorted(Path(sys.argv[1]).glob("*.tap"))]
json.dump({"version": 1, "covers": ["test_runs"], "test_runs": runs}, sys.stdout, indent=2)
