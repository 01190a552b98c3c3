"""bench/peers/compare.py runs once, with every check of a result that it makes.

Usage: comparison_run_test.py SOURCE BUILD. The captcha libraries take part where run.sh has installed
them, the servers where they are installed; what is left out is said. Run from a clean checkout the
two programs in C++ are what is compared.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile


def main():
    source, build = sys.argv[1:3]
    packages = os.path.join(build, "bench/peers/packages")
    command = [sys.executable, "-B", os.path.join(source, "bench/peers/compare.py"),
               "--build", build, "--quick", "--packages", packages]
    if not shutil.which("node") or not os.path.exists(os.path.join(packages, "installed")):
        print("left out: the captcha libraries, which bench/peers/run.sh installs")
        command += ["--skip", "captcha"]
    searched = os.environ["PATH"] + ":/usr/sbin"
    if not all(shutil.which(one, path=searched) for one in ("nginx", "haproxy")):
        print("left out: nginx and HAProxy, which are not installed")
        command += ["--skip", "servers"]
    with tempfile.TemporaryDirectory() as folder:
        figures = os.path.join(folder, "figures.json")
        done = subprocess.run([*command, "--json", figures], capture_output=True, text=True)
        print(done.stdout + done.stderr)
        if done.returncode != 0 and "lost in the noise" in done.stderr:
            print("skipped: the machine is too busy for a difference of CPU times")
            return 77
        if done.returncode != 0:
            return 1
        with open(figures) as file:
            rows = json.load(file)["rows"]
    names = {row["who"] for row in rows}
    wanted = {"Stile", "C++, OpenSSL", "libjwt", "cpp-jwt"}
    if not wanted <= names:
        print(f"missing: {wanted - names}")
        return 1
    if any(not row["ns"] > 0 or not row["version"] or row["ratio"] <= 0 for row in rows):
        print("a row without a figure or a version")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
