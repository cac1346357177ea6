#!/usr/bin/env python3
"""Writes expected.tsv: what each recorded request is, by Puppet's documented paths and Python's own URL parser, for TraceTests.

Columns: trace, n, endpoint, certname, environment, environment's source. Run in this folder after adding a trace.
"""
import glob, json, re, urllib.parse

CA = {"certificate", "certificate_request", "certificate_status", "certificate_statuses", "certificate_revocation_list"}
OWN = {"catalog", "node", "facts", "report"}
V3 = re.compile(r"^/puppet/v3/(\w+)/(.+)$")
V1 = re.compile(r"^/puppet-ca/v1/(\w+)/(.+)$")

rows = []
for name in sorted(glob.glob("*.jsonl")):
    for line in open(name):
        entry = json.loads(line)
        if "path" not in entry:
            continue
        url = urllib.parse.urlsplit("//host" + entry["path"])
        path = re.sub("/+", "/", urllib.parse.unquote(url.path))
        parameters = urllib.parse.parse_qs(url.query)
        certname = ""
        if match := V3.match(path):
            endpoint = match[1]
            if endpoint in OWN:
                certname = match[2]
        elif match := V1.match(path):
            assert match[1] in CA, path
            endpoint = "ca_" + match[1]
            if match[1] in {"certificate", "certificate_request", "certificate_status"}:
                certname = match[2]
        else:
            raise SystemExit(f"{name}: {path}: no rule")
        environment = parameters.get("environment", [""])
        assert len(environment) == 1
        rows.append([name, str(entry["n"]), endpoint, certname, environment[0], "query" if environment[0] else ""])

with open("expected.tsv", "w") as output:
    for row in rows:
        output.write("\t".join(row) + "\n")
