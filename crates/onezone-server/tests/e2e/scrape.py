"""Checks what monitoring reads with tools that are not ours.

`openmetrics` and `plain` read a scrape from standard input with the parsers of Prometheus's own Python library and print its families as JSON.
`queries` reads queries, one a line, with a parser of PromQL. Whatever a parser does not take ends the script with an error.
"""

import json
import sys

import promql_parser
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain

if sys.argv[1] == "queries":
    for line in sys.stdin:
        promql_parser.parse(line)
    sys.exit()

parse = {"openmetrics": open_metrics, "plain": plain}[sys.argv[1]]
families = [
    {
        "name": family.name,
        "type": family.type,
        "unit": family.unit,
        "help": family.documentation,
        "samples": [[sample.name, sample.labels, sample.value] for sample in family.samples],
    }
    for family in parse(sys.stdin.read())
]
json.dump(families, sys.stdout)
