"""The package's own programs, and the machine that they run on."""
import os
import platform
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def build(*products):
    """Builds `products` for release; the folder they are in."""
    environment = dict(os.environ, PUPPETFRONT_BENCHMARKS="1")
    words = ["swift", "build", "-c", "release"]
    for product in products:
        subprocess.run(words + ["--product", product], cwd=ROOT, env=environment, check=True, stdout=sys.stderr)
    shown = subprocess.run(words + ["--show-bin-path"], cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return shown.stdout.strip()


def machine():
    """What the figures were measured on."""
    with open("/proc/cpuinfo") as lines:
        model = next((line.split(": ")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    versions = [("haproxy", "-v"), ("nginx", "-v"), ("openssl", "version")]
    words = [subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout.split("\n")[0] for words in versions]
    return f"{model}, Linux {platform.release()}, " + ", ".join(word.replace("nginx version: ", "").split(" - ")[0] for word in words) + "."
