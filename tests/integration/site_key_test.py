"""Two sites in one process, each with keys, cookie and page of its own."""

import json
import unittest

from gateway_site import STILED, clearance
from origin import Origin
from raw_http import request
from stile_command import stile
from stiled_process import StiledProcess, key_file

AGENT = ("User-Agent", "site-key-test/1.0")


class SiteKeyTest(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)
        text = '[[listener]]\naddress = "127.0.0.1:0"\n'
        for name, hosts, keys in (("main", "*", ""), ("shop", "shop.test", "shop-keys.toml"),
                                  ("blog", "blog.test", "blog-keys.toml")):
            text += f'[[site]]\nname = "{name}"\nhosts = ["{hosts}"]\n'
            text += f'upstream = "{self.origin.url}"\n'
            text += f'policy = "{name}.toml"\n'
            text += f'keys = "{keys}"\n' if keys else ""
            text += f'[site.page]\ntitle = "This is {name}"\n'
        text += ('[metrics]\naddress = "127.0.0.1:0"\n[control]\nsocket = "control.sock"\n'
                 '[limits]\nloops = 2\n')
        rule = '[[rule]]\nname = "{0}-only"\npath = ["/{0}"]\naction = "allow"\n'
        files = {f"{name}.toml": rule.format(name) for name in ("main", "shop", "blog")}
        files["shop-keys.toml"] = key_file(b"s" * 32, 2)
        files["blog-keys.toml"] = key_file(b"b" * 32, 3)
        self.text, self.files = text, files

    def start(self, **more):
        self.stiled = StiledProcess(STILED, self.text, self.files, **more)
        for name in ("shop-keys.toml", "blog-keys.toml"):
            if (self.stiled.folder / name).exists():
                (self.stiled.folder / name).chmod(0o600)
        self.addCleanup(self.stiled.stop)

    def status(self, host, cookie=None, target="/private"):
        fields = [AGENT] + ([("Cookie", cookie)] if cookie else [])
        return request(self.stiled.addresses[0], target, fields=fields, host=host)[0].status

    def clearance(self, host):
        return clearance(self.stiled.addresses[0], [AGENT], host)

    def reload(self):
        return stile("reload", "--config", str(self.stiled.config))

    def test_clearance_of_one_site_means_nothing_to_the_other(self):
        self.start()
        cookies = {host: self.clearance(host) for host in ("a.test", "shop.test", "blog.test")}
        for host in cookies:
            for origin, cookie in cookies.items():
                self.assertEqual(self.status(host, cookie), 200 if host == origin else 403,
                                 (host, origin))

    def test_each_site_has_its_policy_and_page(self):
        self.start()
        for name, host in (("main", "a.test"), ("shop", "shop.test"), ("blog", "blog.test")):
            for path in ("main", "shop", "blog"):
                self.assertEqual(self.status(host, target=f"/{path}"), 200 if path == name else 403)
            _, page = request(self.stiled.addresses[0], "/private", host=host,
                              fields=[("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate")])
            self.assertIn(f"This is {name}", page.decode())

    def test_keys_of_one_withdrawn_leave_the_other_untouched(self):
        self.start()
        shop, blog, main = map(self.clearance, ("shop.test", "blog.test", "a.test"))
        (self.stiled.folder / "shop-keys.toml").write_text(key_file(b"S" * 32, 4))
        status, _, err = self.reload()
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(self.status("shop.test", shop), 403)
        self.assertEqual(self.status("blog.test", blog), 200)
        self.assertEqual(self.status("a.test", main), 200)
        self.assertEqual(self.status("shop.test", self.clearance("shop.test")), 200)

    def test_bad_keys_of_one_keep_everything_as_it_was(self):
        self.start()
        shop = self.clearance("shop.test")
        (self.stiled.folder / "shop-keys.toml").write_text("[[key]]\nid = 0\n")
        status, _, err = self.reload()
        self.assertEqual(status, 1)
        self.assertIn("shop-keys.toml:2:6", err)
        self.assertEqual(self.status("shop.test", shop), 200)
        status, _, err = stile("check", "--config", str(self.stiled.config))
        self.assertEqual(status, 1)
        self.assertIn("shop-keys.toml:2:6", err)

    def test_start_without_keys_of_one_serves_it_with_temporary_ones(self):
        del self.files["shop-keys.toml"]
        self.files["shop.toml"] += ('[[rule]]\nname = "open"\npath = ["/open"]\nlevel = "light"\n'
                                    'action = "challenge"\non_fault = "open"\n')
        self.files["blog.toml"] += ('[[rule]]\nname = "open"\npath = ["/open"]\nlevel = "light"\n'
                                    'action = "challenge"\non_fault = "open"\n')
        self.start()
        self.assertEqual(self.stiled.samples()['stile_degraded{reason="keys"}'], 1)
        self.assertEqual(self.status("shop.test", target="/open"), 200)
        self.assertEqual(self.status("blog.test", target="/open"), 403)
        self.assertEqual(self.status("shop.test", self.clearance("shop.test")), 200)
        (self.stiled.folder / "shop-keys.toml").write_text(key_file(b"s" * 32, 2))
        self.assertEqual(self.reload()[0], 0)
        self.assertEqual(self.stiled.samples()['stile_degraded{reason="keys"}'], 0)
        self.assertEqual(self.status("shop.test", target="/open"), 403)

    def test_metrics_and_status_tell_the_keys_apart(self):
        self.start()
        samples = self.stiled.samples()
        for labels in ('id="1"', 'site="shop",id="2"', 'site="blog",id="3"'):
            self.assertIn(f"stile_key_expiry_timestamp_seconds{{{labels}}}", samples)
        keys = json.loads(request(self.stiled.metrics, "/status")[1])["keys"]
        self.assertEqual({(key["site"], key["id"]) for key in keys},
                         {(None, 1), ("shop", 2), ("blog", 3)})

    def test_inspect_believes_each_site_by_its_own_keys(self):
        self.start()
        for host, name in (("shop.test", "shop"), ("a.test", "main")):
            status, out, _ = stile("inspect", "--config", str(self.stiled.config),
                                   self.clearance(host))
            self.assertEqual(status, 0, out)
            self.assertIn(f"{name} (", out)


if __name__ == "__main__":
    unittest.main()
