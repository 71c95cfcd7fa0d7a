#!/bin/bash
# Report writers on a hand-made result: compare with the goldens, accept new ones,
# or validate the JSON against its schema (and see that a wrong one is refused).
# RESULTDUMP, GOLDEN, OUT (and SCHEMA) are set.
set -euo pipefail

validate() { # file
	python3 - "$SCHEMA" "$1" <<-'PY'
		import json, sys
		import jsonschema
		schema, doc = (json.load(open(p)) for p in sys.argv[1:])
		jsonschema.Draft202012Validator.check_schema(schema)
		jsonschema.Draft202012Validator(schema).validate(doc)
	PY
}

if [ "${1:-}" = --schema ]; then
	python3 -c 'import jsonschema' 2>/dev/null ||
		{ echo "no python3-jsonschema"; exit 77; }
	"$RESULTDUMP" json >"$OUT/report.json"
	validate "$OUT/report.json"
	"$RESULTDUMP" json reproducible >"$OUT/report-r.json"
	validate "$OUT/report-r.json"
	sed 's/"gid":/"group":/' "$OUT/report.json" >"$OUT/report-bad.json"
	if validate "$OUT/report-bad.json" 2>/dev/null; then
		echo "the schema takes anything"
		exit 1
	fi
	exit 0
fi

status=0
compare() { # golden's name, arguments of resultdump
	local name=$1
	shift
	if [ "$accept" ]; then
		"$RESULTDUMP" "$@" >"$GOLDEN/$name"
		return
	fi
	"$RESULTDUMP" "$@" >"$OUT/$name.new"
	diff -u "$GOLDEN/$name" "$OUT/$name.new" || status=1
	case $name in *color*) return ;; esac
	if LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$OUT/$name.new"; then
		echo "$name: a control character got out"
		status=1
	fi
}
accept=
[ "${1:-}" = --accept ] && accept=1
compare report.txt text
compare report-verbose.txt text verbose reproducible
compare report-color.txt text color
compare report.json json
compare report-reproducible.json json reproducible
exit $status
