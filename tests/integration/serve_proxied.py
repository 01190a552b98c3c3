"""serve_proxied.py nginx|nginx-module|haproxy|caddy|embed-c: the shipped configuration of a proxy in
front of a page, for a browser.

Prints "port <number>" once it answers, and ends when its standard input does.
"""

import sys

from embed_test import SiteInC
from haproxy_process import HaproxySite
from nginx_module_site import NginxModuleSite
from origin import Origin
from proxy_process import CaddySite, DEPLOY, NginxSite

SITES = {"nginx": NginxSite, "nginx-module": NginxModuleSite, "haproxy": HaproxySite,
         "caddy": CaddySite, "embed-c": SiteInC}


def main():
    name = sys.argv[1]
    options = {}
    if name == "embed-c":  # It comes without a policy.
        options["policy"] = (DEPLOY / "nginx" / "policy.toml").read_text()
    with SITES[name](origin=Origin(default="page"), **options) as site:
        print("port", site.address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
