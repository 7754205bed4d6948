#!/usr/bin/env bash
# Checkov's Kubernetes policies over the manifests that the chart's tests left in helm/target/rendered.
# Each kind of finding needs a line with its reason in helm/checkov-waivers.txt, and each line a finding.
set -euo pipefail
cd "$(dirname "$0")"
version=3.3.30
tool="${XDG_CACHE_HOME:-$HOME/.cache}/epd-operator/checkov/$version"
if [ ! -x "$tool/bin/checkov" ]; then
  python3 -m venv "$tool" && "$tool/bin/pip" install -q "checkov==$version"
fi
found="$(mktemp)"
trap 'rm -f "$found"' EXIT
# It ends with 1 on any finding; which ones is for the waivers to say.
"$tool/bin/checkov" -d target/rendered --framework kubernetes --compact --quiet --skip-download -o json >"$found" || true
python3 - "$found" checkov-waivers.txt <<'PYTHON'
import json, sys

report = json.load(open(sys.argv[1]))
report = report[0] if isinstance(report, list) else report
waivers = {}
for line in open(sys.argv[2]):
    if line.strip() and not line.startswith("#"):
        check, kind, reason = line.split(None, 2)
        waivers[check, kind] = reason.strip()
used, bad = set(), []
for finding in report["results"]["failed_checks"]:
    key = finding["check_id"], finding["resource"].split(".")[0]
    if key in waivers:
        used.add(key)
    else:
        bad.append(f"{key[0]} {finding['resource']} ({finding['file_path']}): {finding['check_name']}")
bad += [f"waiver without a finding: {check} {kind}" for check, kind in sorted(waivers.keys() - used)]
print(f"checkov: {report['summary']['passed']} passed, {len(used)} kinds of finding waived, {len(bad)} to mend")
print(*bad, sep="\n", end="\n" if bad else "")
sys.exit(bool(bad))
PYTHON
