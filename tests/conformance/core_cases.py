"""Runs the core Autobahn cases against the example server and compares every verdict with the baseline.

kosoku drives the cases of the Autobahn test suite; it is pinned, since the layout of its report is not
part of its documented interface.
"""

import asyncio
import collections
import json
import os
import pathlib
import sys

from kosoku import FailureError, run_fuzzingclient
from kosoku._report import write_reports
from kosoku.cases import CASES

import example_server

# 12.* and 13.* are permessage-deflate; the suite has no group 8 or 11 any more.
CORE_GROUPS = range(1, 12)
# What the baseline must say: a case may not be excused by an edit of the baseline alone.
EXPECTED_COUNTS = {"OK": 298, "INFORMATIONAL": 3}
LIMIT_SECONDS = 150
BASELINE = pathlib.Path(__file__).with_name("server.json")
REPORT = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target"), "conformance", "server")


def main():
    example_server.exit_on_termination()
    executable = example_server.build("autobahn_server")
    with example_server.running([executable]) as port:
        results = asyncio.run(asyncio.wait_for(run(port), LIMIT_SECONDS))
    write_reports(results, str(REPORT))
    sys.exit(compare(verdicts(results), json.loads(BASELINE.read_text())))


async def run(port):
    core = [case for case in CASES if int(case.split(".")[0]) in CORE_GROUPS]
    try:
        return await run_fuzzingclient(f"ws://127.0.0.1:{port}", core)
    except FailureError as failure:
        return failure.results


def verdicts(results):
    return {
        result.case_id: {
            "behavior": result.behavior.value,
            "behaviorClose": result.behavior_close.value,
        }
        for result in results
    }


def compare(actual, baseline):
    """Prints what differs and the totals; returns the exit status."""
    cases = sorted(actual.keys() | baseline.keys(), key=case_number)
    faults = [
        f"case {case}: expected {baseline.get(case)}, got {actual.get(case)}"
        for case in cases
        if actual.get(case) != baseline.get(case)
    ]
    passed = len(cases) - len(faults)
    counts = collections.Counter(verdict["behavior"] for verdict in actual.values())
    if counts != EXPECTED_COUNTS:
        faults.append(f"totals: expected {EXPECTED_COUNTS}, got {dict(counts)}")

    print(*faults, sep="\n", end="\n" * bool(faults))
    print("behavior:", ", ".join(f"{count} {behavior}" for behavior, count in counts.most_common()))
    print(f"report: {REPORT / 'index.html'}")
    print(f"{passed} passed, {len(faults)} failed")
    return 1 if faults else 0


def case_number(case):
    return [int(part) for part in case.split(".")]


if __name__ == "__main__":
    main()
