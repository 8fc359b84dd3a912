"""Ask the advisory database about every installed package: `python -m tests.security.audit PIP_AUDIT`.

pip-audit says "no known vulnerabilities" also of packages that it could ask nobody about. This says how many were asked
about, names what is vulnerable, and fails for that alone: without a network nothing is known and nothing is wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path


def audit(program: str) -> int:
    """The number of vulnerable packages; prints what was found."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        done = subprocess.run(
            [program, "--path", sysconfig.get_path("purelib"), "--progress-spinner", "off", "--timeout", "5",
             "--format", "json", "--output", str(report)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        packages = json.loads(report.read_text("utf-8"))["dependencies"] if report.exists() else []
    asked = [package for package in packages if "skip_reason" not in package]
    if not asked:
        said = (
            [package["skip_reason"] for package in packages] or done.stderr.strip().splitlines()[-1:] or ["no answer"]
        )
        print(f"Not audited: the advisory database cannot be asked from here ({said[0][:200]})")
        return 0
    vulnerable = [package for package in asked if package["vulns"]]
    for package in vulnerable:
        for one in package["vulns"]:
            mended = ", ".join(one["fix_versions"]) or "no version yet"
            print(f"{package['name']} {package['version']}: {one['id']}, mended in {mended}")
    print(f"Audited {len(asked)} of {len(packages)} packages: {len(vulnerable)} vulnerable")
    return len(vulnerable)


if __name__ == "__main__":
    sys.exit(1 if audit(sys.argv[1]) else 0)
