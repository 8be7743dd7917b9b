"""Prints what PM4Py reads from logs, one JSON object a line: cases, events, activities, variants.

Arguments: format and path, again and again. In OCEL, cases are the objects of type "case". Neither format numbers the
events of a case, so they are put in order of time; equal times keep the order of the file.
"""

import json
import sys

import pm4py

readers = {
    "xes": pm4py.read_xes,
    "ocel-sqlite": lambda path: pm4py.ocel_flattening(pm4py.read_ocel2_sqlite(path), "case"),
    "ocel-json": lambda path: pm4py.ocel_flattening(pm4py.read_ocel2_json(path), "case"),
}

for kind, path in zip(sys.argv[1::2], sys.argv[2::2]):
    log = readers[kind](path)
    log = log.sort_values(["case:concept:name", "time:timestamp"], kind="stable")
    traces = log.groupby("case:concept:name", sort=False)["concept:name"].agg(tuple)
    print("figures", json.dumps({
        "cases": len(traces),
        "events": len(log),
        "activities": log["concept:name"].nunique(),
        "variants": traces.nunique(),
    }))
