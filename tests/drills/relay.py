"""What a control puts between the visitors and stiled: relay.py MODE HOST PORT.

drop       one connection in a hundred requests is cut, as an overloaded proxy does
backtrack  each request's user agent meets a regular expression that backtracks, on one thread
hoard      a kilobyte is kept for each client address, for ever
leak       now and then a response ends with what another connection sent
stall      every request waits for half a second, as if for a store
"""

import re
import socket
import socketserver
import sys
import threading
import time

HOARD, LAST = {}, [b""]
BOMB = re.compile(rb"(x+x+)+y")
COUNT = [0]


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        with socket.create_connection(self.server.target) as far:
            threading.Thread(target=self.back, args=(far,), daemon=True).start()
            try:
                while data := self.request.recv(65536):
                    if not self.look(data):
                        return
                    far.sendall(data)
                far.shutdown(socket.SHUT_WR)
                time.sleep(0.2)
            except OSError:
                pass

    def look(self, data):
        """False cuts the connection."""
        mode = self.server.mode
        COUNT[0] += 1
        if mode == "drop":
            return COUNT[0] % 100 != 99
        if mode == "backtrack":
            found = re.search(rb"User-Agent: ([^\r]*)", data)
            BOMB.search(found[1][:26] if found else b"")
        elif mode == "hoard":
            found = re.search(rb"X-Real-IP: ([^\r]*)", data)
            HOARD[found[1] if found else COUNT[0]] = bytes(range(256)) * 4 + data[:16]
        elif mode == "stall":
            time.sleep(0.5)
        return True

    def back(self, far):
        try:
            while data := far.recv(65536):
                if self.server.mode == "leak":
                    COUNT[0] += 1
                    if COUNT[0] % 20 == 0:
                        data += LAST[0]
                self.request.sendall(data)
            self.request.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class LeakingHandler(Handler):
    def look(self, data):
        if b"Cookie" in data:
            LAST[0] = data
        return True


class Server(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 512

    def handle_error(self, request, client_address):
        pass


def main():
    mode, host, port = sys.argv[1:]
    server = Server(("127.0.0.1", 0), LeakingHandler if mode == "leak" else Handler)
    server.mode, server.target = mode, (host, int(port))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
