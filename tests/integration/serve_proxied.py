"""serve_proxied.py nginx|caddy: the shipped configuration of a proxy in front of a page, for a browser.

Prints "port <number>" once it answers, and ends when its standard input does.
"""

import sys

from origin import Origin
from proxy_process import CaddySite, NginxSite

SITES = {"nginx": NginxSite, "caddy": CaddySite}


def main():
    with SITES[sys.argv[1]](origin=Origin(default="page")) as site:
        print("port", site.address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
