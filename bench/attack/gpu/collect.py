"""Makes one JSON document of the lines that `attack` printed and of nvidia-smi's samples.

  collect.py LINES POWER.csv

Each measurement gets the mean power and clock of the samples between its start and its end.
"""

import datetime
import json
import statistics
import sys


def samples(path):
    """Yields (seconds since 1970, watts, MHz) of each complete line."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            fields = [field.strip() for field in line.split(",")]
            try:
                when = datetime.datetime.strptime(fields[0], "%Y/%m/%d %H:%M:%S.%f")
                yield when.timestamp(), float(fields[1]), float(fields[2])
            except (ValueError, IndexError):
                continue


def main():
    power = list(samples(sys.argv[2]))
    device = {}
    results = []
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            result = json.loads(line)
            if "device" in result:
                device = result
                continue
            within = [s for s in power if result.get("from", 0) <= s[0] <= result.get("to", 0)]
            if within:
                result["watts"] = round(statistics.mean(s[1] for s in within), 1)
                result["clock_mhz"] = round(statistics.mean(s[2] for s in within))
            results.append(result)
    document = {"date": datetime.date.today().isoformat(), **device, "results": results}
    json.dump(document, sys.stdout, indent=1)
    print()


main()
