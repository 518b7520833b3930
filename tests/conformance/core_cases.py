"""Runs the core Autobahn cases against the example server and the example client, and compares every verdict with
the baseline of that side: core_cases.py [server|client].

kosoku drives the cases of the Autobahn test suite; it is pinned, since the layout of its report is not
part of its documented interface.
"""

import asyncio
import collections
import json
import os
import pathlib
import sys

from kosoku import FailureError, run_fuzzingclient, run_fuzzingserver
from kosoku._report import write_reports
from kosoku.cases import CASES

import example_server

# 12.* and 13.* are permessage-deflate; the suite has no group 8 or 11 any more.
CORE_GROUPS = range(1, 12)
# What the baseline must say: a case may not be excused by an edit of the baseline alone.
EXPECTED_COUNTS = {"OK": 298, "INFORMATIONAL": 3}
LIMIT_SECONDS = 150
BASELINES = pathlib.Path(__file__).parent
REPORTS = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target"), "conformance")


def main():
    example_server.exit_on_termination()
    sides = {"server": results_of_server, "client": results_of_client}
    asked = sys.argv[1:] or sides
    sys.exit(max(judge(side, sides[side]()) for side in asked))


def judge(side, results):
    """Writes the report of one side of the protocol; returns the exit status."""
    report = REPORTS / side
    write_reports(results, str(report))
    baseline = json.loads((BASELINES / f"{side}.json").read_text())
    print(f"as a {side}: {report / 'index.html'}")
    return compare(verdicts(results), baseline)


def core_cases():
    return [case for case in CASES if int(case.split(".")[0]) in CORE_GROUPS]


def results_of_server():
    executable = example_server.build("autobahn_server")
    with example_server.running([executable]) as port:
        return asyncio.run(asyncio.wait_for(drive_server(port), LIMIT_SECONDS))


async def drive_server(port):
    try:
        return await run_fuzzingclient(f"ws://127.0.0.1:{port}", core_cases())
    except FailureError as failure:
        return failure.results


def results_of_client():
    executable = example_server.build("autobahn_client")
    return asyncio.run(asyncio.wait_for(serve_client(executable), LIMIT_SECONDS))


async def serve_client(executable):
    async with run_fuzzingserver(core_cases(), port=0) as server:
        address = f"127.0.0.1:{server.port}"
        client = await asyncio.create_subprocess_exec(executable, address, stdout=asyncio.subprocess.DEVNULL)
        try:
            return await finished(server, client)
        finally:
            if client.returncode is None:
                client.kill()
                await client.wait()


async def finished(server, client):
    """The results, once the client has ended by itself: it must not need the server's end for that."""
    if status := await client.wait():
        raise RuntimeError(f"the client ended with status {status}")
    try:
        return await server.get_result()
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
    print(f"{passed} passed, {len(faults)} failed")
    return 1 if faults else 0


def case_number(case):
    return [int(part) for part in case.split(".")]


if __name__ == "__main__":
    main()
